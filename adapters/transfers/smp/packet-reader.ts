/** Finds packets in a stream that has nothing but packets: a UART without framing, the notifications of a characteristic. */
import { HEADER, readHeader } from "./packet.ts";

export class PacketReader {
  private readonly longest: number;
  private bytes: Buffer = Buffer.alloc(0);
  private lost = 0;

  /** `longest`: packet that is taken. */
  constructor(longest: number) {
    this.longest = longest;
  }

  /** Bytes that were part of no packet: a boot message, what is left of a packet of which something was lost. */
  get skipped(): number {
    return this.lost;
  }

  /** What comes from now on goes on with nothing. */
  reset(): void {
    this.lost += this.bytes.length;
    this.bytes = Buffer.alloc(0);
  }

  /** The packets that end in these bytes. */
  push(bytes: Uint8Array): readonly Uint8Array[] {
    this.bytes = Buffer.concat([this.bytes, bytes]);
    const packets: Uint8Array[] = [];
    while (this.bytes.length >= HEADER) {
      const header = readHeader(this.bytes);
      if (header === undefined || HEADER + header.length > this.longest) {
        this.lost++;
        this.bytes = this.bytes.subarray(1);
        continue;
      }
      const end = HEADER + header.length;
      if (this.bytes.length < end) break;
      packets.push(this.bytes.subarray(0, end));
      this.bytes = this.bytes.subarray(end);
    }
    return packets;
  }
}
