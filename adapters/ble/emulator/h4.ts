/** The UART transport layer, H4: one byte says what follows (Core Specification 5.4, Vol. 4, Part A). */

export type HostPacket =
  | { readonly type: "command"; readonly opcode: number; readonly parameters: Uint8Array }
  | { readonly type: "data"; readonly handle: number; readonly boundary: number; readonly data: Uint8Array }
  /** What came is no packet: from here on the bytes are searched for a Reset (Vol. 4, Part A, 4). */
  | { readonly type: "lost" };

const COMMAND = 0x01;
const DATA = 0x02;
const SYNCHRONOUS = 0x03;
const EVENT = 0x04;
const ISOCHRONOUS = 0x05;

/** HCI_Reset, as it looks on the wire. */
const RESET = Buffer.from("01030c00", "hex");

/** What is in front of the parameters, the first byte included, of each kind that a host may send. */
const HEADER: Readonly<Record<number, number>> = { [COMMAND]: 4, [DATA]: 5, [SYNCHRONOUS]: 4, [ISOCHRONOUS]: 5 };

/** Takes what a host sends apart. */
export class HostPackets {
  private rest: Buffer = Buffer.alloc(0);
  private isLost = false;

  push(chunk: Uint8Array): readonly HostPacket[] {
    this.rest = this.rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.rest, chunk]);
    const packets: HostPacket[] = [];
    for (;;) {
      if (this.isLost && !this.findReset()) return packets;
      const next = this.take();
      if (next === undefined) return packets;
      packets.push(...next);
    }
  }

  /** Whether there is one; what is before it is thrown away. */
  private findReset(): boolean {
    const at = this.rest.indexOf(RESET);
    this.isLost = at < 0;
    // Its beginning may be there already.
    this.rest = this.rest.subarray(at < 0 ? Math.max(0, this.rest.length - RESET.length + 1) : at);
    return at >= 0;
  }

  /** Undefined: there is no whole packet. */
  private take(): readonly HostPacket[] | undefined {
    const { rest } = this;
    const [type] = rest;
    if (type === undefined) return undefined;
    const header = HEADER[type];
    if (header === undefined) {
      this.isLost = true;
      return [{ type: "lost" }];
    }
    if (rest.length < header) return undefined;
    const end = header + lengthIn(type, rest);
    if (rest.length < end) return undefined;
    this.rest = rest.subarray(end);
    return packetOf(type, rest.subarray(0, header), rest.subarray(header, end));
  }
}

/** One event, as the host reads it. Throws RangeError where the parameters are longer than one event holds. */
export function eventPacket(code: number, ...parameters: readonly (readonly number[] | Uint8Array)[]): Uint8Array {
  const length = parameters.reduce((sum, part) => sum + part.length, 0);
  if (length > 255) throw new RangeError(`an event has at most 255 bytes, not ${length}`);
  const packet = new Uint8Array(3 + length);
  packet.set([EVENT, code, length]);
  let at = 3;
  for (const part of parameters) {
    packet.set(part, at);
    at += part.length;
  }
  return packet;
}

/** `boundary`: the Packet_Boundary_Flag (Vol. 4, Part E, 5.4.2). */
export function dataPacket(handle: number, boundary: number, data: Uint8Array): Uint8Array {
  const packet = new Uint8Array(5 + data.length);
  packet.set([DATA, handle & 0xff, ((handle >> 8) & 0x0f) | (boundary << 4), data.length & 0xff, data.length >> 8]);
  packet.set(data, 5);
  return packet;
}

function lengthIn(type: number, packet: Buffer): number {
  if (type === COMMAND || type === SYNCHRONOUS) return packet.readUInt8(3);
  // Of isochronous data two bits are reserved (Vol. 4, Part E, 5.4.5).
  return type === DATA ? packet.readUInt16LE(3) : packet.readUInt16LE(3) & 0x3fff;
}

/** Synchronous and isochronous data lead nowhere here. */
function packetOf(type: number, header: Buffer, body: Buffer): readonly HostPacket[] {
  if (type === COMMAND) return [{ type: "command", opcode: header.readUInt16LE(1), parameters: body }];
  if (type !== DATA) return [];
  const flags = header.readUInt16LE(1);
  return [{ type: "data", handle: flags & 0x0fff, boundary: (flags >> 12) & 0b11, data: body }];
}
