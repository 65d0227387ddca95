/**
 * Messages that are too large are let past, and never held as a whole: a broker passes on whatever anybody publishes, up to 256 MB.
 * MQTT 5.0 §2.1 (fixed header), §3.3 (PUBLISH).
 */

const PUBLISH = 3;
/** A length has at most so many bytes, seven bits in each. §1.5.5 */
const LENGTH_BYTES = 4;

type State =
  | { readonly name: "header" }
  /** Bytes of the packet that are read as they are; Infinity: whatever comes. */
  | { readonly name: "pass"; left: number }
  /** The beginning of a packet that is too large: topic and identifier. */
  | { readonly name: "beginning"; readonly size: number }
  | { readonly name: "skip"; left: number };

export class PacketLimit {
  private readonly most: number;
  /** Behind topic and identifier stand properties. */
  private readonly hasProperties: boolean;
  private readonly onDropped: (topic: string, bytes: number) => void;
  private state: State = { name: "header" };
  /** What came of a header, or of a beginning. */
  private held: Buffer = Buffer.alloc(0);
  /** Messages without their payload, which the broker must see acknowledged. */
  private readonly hollow = new Set<number>();

  /** `most`: bytes of a PUBLISH behind its fixed header. */
  constructor(most: number, version: "3.1.1" | "5", onDropped: (topic: string, bytes: number) => void) {
    this.most = most;
    this.hasProperties = version === "5";
    this.onDropped = onDropped;
  }

  /** What is to be read of it. Nothing is copied but what is rewritten. */
  push(chunk: Buffer): readonly Buffer[] {
    const out: Buffer[] = [];
    let rest = chunk;
    while (rest.length > 0) rest = this.step(rest, out);
    return out;
  }

  /** Whether the payload of this message was let past; true once. */
  isHollow(identifier: number): boolean {
    return this.hollow.delete(identifier);
  }

  /** Takes some of the bytes; returns the others. */
  private step(bytes: Buffer, out: Buffer[]): Buffer {
    switch (this.state.name) {
      case "header":
        return this.header(bytes, out);
      case "beginning":
        return this.beginning(bytes, this.state.size, out);
      case "pass":
        out.push(bytes.subarray(0, this.state.left));
        return this.consume(this.state, bytes);
      case "skip":
        return this.consume(this.state, bytes);
    }
  }

  private consume(state: { left: number }, bytes: Buffer): Buffer {
    const taken = Math.min(state.left, bytes.length);
    state.left -= taken;
    if (state.left === 0) this.state = { name: "header" };
    return bytes.subarray(taken);
  }

  private header(bytes: Buffer, out: Buffer[]): Buffer {
    const before = this.held.length;
    const whole = before === 0 ? this.wholePackets(bytes) : 0;
    if (whole > 0) {
      out.push(bytes.subarray(0, whole));
      return bytes.subarray(whole);
    }
    const all = before === 0 ? bytes : Buffer.concat([this.held, bytes.subarray(0, 1 + LENGTH_BYTES)]);
    const length = lengthAt(all);
    if (length === "incomplete") {
      this.held = Buffer.from(all);
      return bytes.subarray(bytes.length);
    }
    const [first = 0] = all;
    const isLarge = length !== "wrong" && first >> 4 === PUBLISH && length.value > this.most;
    const size = length === "wrong" ? Number.POSITIVE_INFINITY : length.bytes + 1 + length.value;
    this.state = isLarge ? { name: "beginning", size } : { name: "pass", left: size };
    if (isLarge || before === 0) return bytes;
    // What was held stands before it.
    const held = this.held;
    this.held = Buffer.alloc(0);
    out.push(held);
    this.state = { name: "pass", left: size - held.length };
    return bytes;
  }

  /** So many bytes are packets that are there to their ends, and small: they go on together, hundreds at once where much comes. */
  private wholePackets(bytes: Buffer): number {
    let end = 0;
    for (;;) {
      let length = 0;
      let at = end + 1;
      let byte = 0x80;
      for (let factor = 1; byte >= 0x80 && at <= end + LENGTH_BYTES; at++, factor *= 0x80) {
        byte = bytes[at] ?? 0x80;
        length += (byte & 0x7f) * factor;
      }
      if (byte >= 0x80 || length > this.most || at + length > bytes.length) return end;
      end = at + length;
    }
  }

  private beginning(bytes: Buffer, size: number, out: Buffer[]): Buffer {
    const before = this.held.length;
    const all = Buffer.concat([this.held, bytes]);
    const start = publishStart(all);
    if (start === undefined) {
      this.held = all;
      return bytes.subarray(bytes.length);
    }
    this.held = Buffer.alloc(0);
    const { topic, identifier, end } = start;
    if (end > size) {
      // It is no MQTT: whoever reads it says so.
      this.state = { name: "pass", left: Number.POSITIVE_INFINITY };
      out.push(all);
      return bytes.subarray(bytes.length);
    }
    if (identifier !== undefined) {
      out.push(hollowPacket(all[0] ?? 0, { topic, identifier }, this.hasProperties));
      this.hollow.add(identifier);
    }
    this.onDropped(topic.toString(), size - end);
    this.state = { name: "skip", left: size - end };
    return bytes.subarray(end - before);
  }
}

function lengthAt(packet: Buffer): { readonly value: number; readonly bytes: number } | "incomplete" | "wrong" {
  let value = 0;
  for (let i = 0; i < LENGTH_BYTES; i++) {
    const byte = packet[1 + i];
    if (byte === undefined) return "incomplete";
    value += (byte & 0x7f) * 0x80 ** i;
    if (byte < 0x80) return { value, bytes: i + 1 };
  }
  return "wrong";
}

/** Undefined: there is more to come. */
function publishStart(
  packet: Buffer,
): { readonly topic: Buffer; readonly identifier: number | undefined; readonly end: number } | undefined {
  const length = lengthAt(packet);
  if (typeof length === "string") return undefined;
  const at = 1 + length.bytes;
  if (packet.length < at + 2) return undefined;
  const topicEnd = at + 2 + packet.readUInt16BE(at);
  const qos = ((packet[0] ?? 0) >> 1) & 3;
  const end = qos === 0 ? topicEnd : topicEnd + 2;
  if (packet.length < end) return undefined;
  return {
    topic: packet.subarray(at + 2, topicEnd),
    identifier: qos === 0 ? undefined : packet.readUInt16BE(topicEnd),
    end,
  };
}

/** The same PUBLISH without properties and payload. */
function hollowPacket(
  first: number,
  { topic, identifier }: { readonly topic: Buffer; readonly identifier: number },
  hasProperties: boolean,
): Buffer {
  const body = Buffer.concat([
    uint16(topic.length),
    topic,
    uint16(identifier),
    ...(hasProperties ? [Buffer.from([0])] : []),
  ]);
  const length: number[] = [];
  let left = body.length;
  do {
    length.push((left % 0x80) | (left >= 0x80 ? 0x80 : 0));
    left = Math.floor(left / 0x80);
  } while (left > 0);
  return Buffer.concat([Buffer.from([first, ...length]), body]);
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}
