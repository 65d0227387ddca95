/**
 * Packets of SMP between the lines of a console: Zephyr, "SMP Transport Specification", SMP over console. A packet is base64 of its
 * length, itself and a CRC, in lines that begin with two bytes of their own; all other lines are the log of the device.
 */

/** How the first line of a packet begins, and each further one. */
const FIRST = 0x0609;
const FURTHER = 0x0414;
/** The longest line, its beginning and its end included. */
const LONGEST_LINE = 127;
const MARK_LENGTH = 2;
const NEW_LINE = 0x0a;
const RETURN = 0x0d;
/** Base64 makes four characters of three bytes: so many fit in a line, a multiple of four; some consoles count a return, too. */
const LINE_CHARACTERS = 4 * Math.floor((LONGEST_LINE - MARK_LENGTH - 2) / 4);
const LENGTH = 2;
const CRC = 2;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** What the length and the CRC add to a packet, in the buffer of whoever receives it. */
export const CONSOLE_OVERHEAD = LENGTH + CRC;

/** The lines that carry a packet. */
export function encodeConsole(packet: Uint8Array): Uint8Array {
  const whole = Buffer.alloc(LENGTH + packet.length + CRC);
  whole.writeUInt16BE(packet.length + CRC, 0);
  whole.set(packet, LENGTH);
  whole.writeUInt16BE(crc16(packet), LENGTH + packet.length);
  const text = whole.toString("base64");
  const lines: Buffer[] = [];
  for (let at = 0; at < text.length; at += LINE_CHARACTERS) {
    const mark = at === 0 ? FIRST : FURTHER;
    lines.push(
      Buffer.of(mark >> 8, mark & 0xff),
      Buffer.from(text.slice(at, at + LINE_CHARACTERS), "latin1"),
      Buffer.of(NEW_LINE),
    );
  }
  return Buffer.concat(lines);
}

/** So many bytes are on the wire for a packet of that length. */
export function consoleLength(packet: number): number {
  const text = 4 * Math.ceil((packet + CONSOLE_OVERHEAD) / 3);
  return text + Math.ceil(text / LINE_CHARACTERS) * (MARK_LENGTH + 1);
}

/** Finds packets among what a console says. */
export class ConsoleReader {
  private readonly longest: number;
  private line: number[] = [];
  /** Too long for a line of ours. */
  private isForeign = false;
  /** What came of a packet. */
  private part: Buffer | undefined;
  private damage = 0;

  /** `longest`: packet that is taken. */
  constructor(longest: number) {
    this.longest = longest;
  }

  /** Packets that came with a wrong CRC, or not whole. */
  get damaged(): number {
    return this.damage;
  }

  /** What comes from now on goes on with nothing. */
  reset(): void {
    this.line = [];
    this.isForeign = false;
    this.part = undefined;
  }

  /** The packets that end in these bytes. */
  push(bytes: Uint8Array): readonly Uint8Array[] {
    const packets: Uint8Array[] = [];
    for (const byte of bytes) {
      if (byte === NEW_LINE) {
        const packet = this.isForeign ? undefined : this.take(this.line);
        if (packet !== undefined) packets.push(packet);
        this.line = [];
        this.isForeign = false;
      } else if (this.line.length < LONGEST_LINE) this.line.push(byte);
      // Some consoles make longer lines than they take; none as long as this is ours.
      else this.isForeign = true;
    }
    return packets;
  }

  private take(line: readonly number[]): Uint8Array | undefined {
    const found = marked(line);
    if (found === undefined) return undefined;
    if (found.mark === FIRST) {
      if (this.part !== undefined) this.damage++;
      this.part = Buffer.alloc(0);
    }
    if (this.part === undefined) return undefined;
    const part = Buffer.concat([this.part, Buffer.from(found.text, "base64")]);
    this.part = part;
    if (part.length < LENGTH) return undefined;
    const length = part.readUInt16BE(0);
    if (length < CRC || length - CRC > this.longest || part.length > LENGTH + length) return this.lost();
    if (part.length < LENGTH + length) return undefined;
    const packet = part.subarray(LENGTH, LENGTH + length - CRC);
    if (crc16(packet) !== part.readUInt16BE(LENGTH + length - CRC)) return this.lost();
    this.part = undefined;
    return packet;
  }

  private lost(): undefined {
    this.damage++;
    this.part = undefined;
  }
}

/** A line of ours: a shell may have left its prompt, or the control characters that erase it, in front of it. */
function marked(line: readonly number[]): { readonly mark: number; readonly text: string } | undefined {
  const end = line.at(-1) === RETURN ? line.length - 1 : line.length;
  for (let at = 0; at + MARK_LENGTH <= end; at++) {
    const mark = ((line[at] ?? 0) << 8) | (line[at + 1] ?? 0);
    if (mark !== FIRST && mark !== FURTHER) continue;
    const text = Buffer.from(line.slice(at + MARK_LENGTH, end)).toString("latin1");
    return BASE64.test(text) && text.length % 4 === 0 ? { mark, text } : undefined;
  }
  return undefined;
}

/** CRC16 with the polynomial 0x1021 and 0 to begin with, most significant bit first. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ (CRC_TABLE[(crc >> 8) ^ byte] ?? 0);
  return crc;
}

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : ((crc << 1) ^ 0x1021) & 0xffff;
  return crc;
});
