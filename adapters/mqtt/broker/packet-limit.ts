/**
 * Messages that are too large are let past, and never held as a whole: a broker passes on whatever anybody publishes, up to 256 MB.
 * MQTT 5.0 §2.1 (fixed header), §3.3 (PUBLISH).
 */

const PUBLISH = 3;
/** A length has at most so many bytes, seven bits in each. §1.5.5 */
const LENGTH_BYTES = 4;
const INCOMPLETE = -1;

export class PacketLimit {
  private readonly most: number;
  /** Behind topic and identifier stand properties. */
  private readonly hasProperties: boolean;
  private readonly onDropped: (topic: string, bytes: number) => void;
  /** Bytes of the packet at hand that are read as they are; Infinity: whatever comes. */
  private passing = 0;
  /** … that are not read. */
  private skipping = 0;
  /** The size of a packet that is too large, of which topic and identifier are awaited; 0: there is none. */
  private large = 0;
  /** What came of a header, or of the beginning of such a packet. */
  private held: Buffer = Buffer.alloc(0);
  /** Messages without their payload, which the broker must see acknowledged. */
  private readonly hollow = new Set<number>();

  /** `most`: bytes of a PUBLISH. */
  constructor(most: number, version: "3.1.1" | "5", onDropped: (topic: string, bytes: number) => void) {
    this.most = most;
    this.hasProperties = version === "5";
    this.onDropped = onDropped;
  }

  /** What is to be read of it, in pieces as long as can be. Nothing is copied but what is rewritten. */
  push(chunk: Buffer): readonly Buffer[] {
    const out: Buffer[] = [];
    let at = 0;
    // From here on everything is read.
    let run = 0;
    while (at < chunk.length) {
      if (this.passing === 0 && this.isBetween) this.begin(chunk, at);
      if (this.passing > 0) {
        const passed = Math.min(this.passing, chunk.length - at);
        this.passing -= passed;
        at += passed;
        continue;
      }
      if (at > run) out.push(chunk.subarray(run, at));
      at = this.take(chunk, at, out);
      run = at;
    }
    if (at > run) out.push(chunk.subarray(run, at));
    return out;
  }

  /** Whether the payload of this message was let past; true once. */
  isHollow(identifier: number): boolean {
    return this.hollow.delete(identifier);
  }

  /** Whether a packet begins here, and nothing of it came before. */
  private get isBetween(): boolean {
    return this.skipping === 0 && this.large === 0 && this.held.length === 0;
  }

  /** Nearly every packet is small, and its header has come as a whole. */
  private begin(chunk: Buffer, at: number): void {
    const size = sizeAt(chunk, at);
    if (size !== INCOMPLETE && !this.isTooLarge(chunk[at] ?? 0, size)) this.passing = size;
  }

  /** Whether the packet of this size, which begins with this byte, is not to be read. */
  private isTooLarge(first: number, size: number): boolean {
    return first >> 4 === PUBLISH && size > this.most && size < Number.POSITIVE_INFINITY;
  }

  /** What is out of the ordinary. Returns where the rest begins. */
  private take(chunk: Buffer, at: number, out: Buffer[]): number {
    if (this.skipping > 0) {
      const skipped = Math.min(this.skipping, chunk.length - at);
      this.skipping -= skipped;
      return at + skipped;
    }
    const before = this.held.length;
    const packet = Buffer.concat([this.held, chunk.subarray(at)]);
    this.held = packet;
    if (this.large === 0) {
      const size = sizeAt(packet, 0);
      if (size === INCOMPLETE) return chunk.length;
      if (!this.isTooLarge(packet[0] ?? 0, size)) {
        this.held = Buffer.alloc(0);
        out.push(packet.subarray(0, before));
        this.passing = size - before;
        return at;
      }
      this.large = size;
    }
    return this.readBeginning(packet, { before, at, out }) ?? chunk.length;
  }

  /** Returns where the rest of the chunk begins; undefined: more of the beginning is to come. */
  private readBeginning(packet: Buffer, { before, at, out }: Taken): number | undefined {
    const start = publishStart(packet);
    if (start === undefined) return undefined;
    const size = this.large;
    const { topic, identifier, end } = start;
    this.held = Buffer.alloc(0);
    this.large = 0;
    if (end > size) {
      // It is no MQTT: whoever reads it says so.
      this.passing = Number.POSITIVE_INFINITY;
      out.push(packet.subarray(0, before));
      return at;
    }
    if (identifier !== undefined) {
      out.push(hollowPacket(packet[0] ?? 0, { topic, identifier }, this.hasProperties));
      this.hollow.add(identifier);
    }
    this.onDropped(topic.toString(), size - end);
    this.skipping = size - end;
    return at + end - before;
  }
}

/** Where bytes were taken from, and where they go. */
interface Taken {
  /** How many of them had come before this chunk. */
  readonly before: number;
  /** Where they begin in it. */
  readonly at: number;
  readonly out: Buffer[];
}

/** Bytes of the packet that begins there; INCOMPLETE: its header has not come yet; Infinity: its header is wrong. */
function sizeAt(packets: Buffer, at: number): number {
  let length = 0;
  for (let i = 1; i <= LENGTH_BYTES; i++) {
    const byte = packets[at + i];
    if (byte === undefined) return INCOMPLETE;
    length += (byte & 0x7f) * 0x80 ** (i - 1);
    if (byte < 0x80) return 1 + i + length;
  }
  return Number.POSITIVE_INFINITY;
}

/** Undefined: there is more to come. */
function publishStart(
  packet: Buffer,
): { readonly topic: Buffer; readonly identifier: number | undefined; readonly end: number } | undefined {
  let at = 1;
  while ((packet[at] ?? 0) >= 0x80) at++;
  at++;
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
