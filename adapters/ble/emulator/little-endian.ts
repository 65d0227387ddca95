/** Numbers as the Host Controller Interface and ATT spell them, the lowest byte first. */

export function u16(value: number): readonly number[] {
  return [value & 0xff, (value >> 8) & 0xff];
}

/** Missing bytes are 0. */
export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** "a4:c1:38:8f:19:e9" as it is sent. */
export function addressBytes(address: string): Uint8Array {
  return Uint8Array.from(address.split(":").reverse(), (part) => Number.parseInt(part, 16));
}

export function addressText(bytes: Uint8Array): string {
  return [...bytes]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join(":");
}
