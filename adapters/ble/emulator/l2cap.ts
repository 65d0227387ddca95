/** L2CAP over ACL data: what is larger than the controller's buffers goes in pieces (Core Specification 5.4, Vol. 3, Part A, 7.2). */
import { dataPacket } from "./h4.ts";
import { readU16, u16 } from "./little-endian.ts";

/** Fixed channels of LE links (Vol. 3, Part A, 2.1). */
export const CHANNEL = { att: 0x0004, signalling: 0x0005, security: 0x0006 } as const;

/** Packet_Boundary_Flag (Vol. 4, Part E, 5.4.2). */
const BOUNDARY = { firstFromHost: 0b00, continuing: 0b01, first: 0b10 } as const;

const HEADER = 4;

export interface Frame {
  readonly channel: number;
  readonly payload: Uint8Array;
}

/** Puts the pieces of a host's frames together. */
export class FrameAssembler {
  private pieces: Uint8Array[] = [];
  private length = 0;

  /** Undefined: the frame is not whole. What does not fit together is thrown away (Vol. 3, Part A, 7.2.2). */
  push(boundary: number, data: Uint8Array): Frame | undefined {
    const isFirst = boundary === BOUNDARY.firstFromHost || boundary === BOUNDARY.first;
    if (isFirst) this.clear();
    else if (boundary !== BOUNDARY.continuing || this.length === 0) return undefined;
    this.pieces.push(Uint8Array.from(data));
    this.length += data.length;
    if (this.length < HEADER) return undefined;
    const whole = this.joined();
    const end = HEADER + readU16(whole, 0);
    if (whole.length < end) return undefined;
    this.clear();
    return whole.length > end ? undefined : { channel: readU16(whole, 2), payload: whole.subarray(HEADER) };
  }

  /** A frame ends after 65,539 bytes at the latest. */
  private joined(): Uint8Array {
    const [first] = this.pieces;
    if (this.pieces.length === 1 && first !== undefined) return first;
    const whole = Buffer.concat(this.pieces);
    this.pieces = [whole];
    return whole;
  }

  private clear(): void {
    this.pieces = [];
    this.length = 0;
  }
}

/** The ACL packets of a frame for the host, none with more than `size` bytes. */
export function framePackets(handle: number, { channel, payload }: Frame, size: number): readonly Uint8Array[] {
  const frame = Buffer.concat([Uint8Array.from([...u16(payload.length), ...u16(channel)]), payload]);
  const packets: Uint8Array[] = [];
  for (let at = 0; at < frame.length; at += size) {
    const boundary = at === 0 ? BOUNDARY.first : BOUNDARY.continuing;
    packets.push(dataPacket(handle, boundary, frame.subarray(at, at + size)));
  }
  return packets;
}
