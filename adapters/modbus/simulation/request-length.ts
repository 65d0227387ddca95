/** How long a request is, as far as its beginning tells. MODBUS Application Protocol V1.1b3 §6. */
import { DEVICE_IDENTIFICATION } from "../codec.ts";

/** `bytes`: the PDU or its beginning, with whatever stands behind it. Undefined: only a checksum tells. */
export function requestLength(bytes: Uint8Array): number | "later" | undefined {
  switch (bytes[0]) {
    case undefined:
      return "later";
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    // Diagnostics (§6.8): all sub-functions but one have one word of data.
    case 8:
      return 5;
    case 7:
    case 11:
    case 12:
    case 17:
      return 1;
    case 15:
    case 16:
      return counted(bytes, 5);
    case 20:
    case 21:
      return counted(bytes, 1);
    case 22:
      return 7;
    case 23:
      return counted(bytes, 9);
    case 24:
      return 3;
    case 43:
      if (bytes[1] === undefined) return "later";
      return bytes[1] === DEVICE_IDENTIFICATION ? 4 : undefined;
    default:
      return undefined;
  }
}

/** Data behind its byte count. */
function counted(bytes: Uint8Array, at: number): number | "later" {
  const count = bytes[at];
  return count === undefined ? "later" : at + 1 + count;
}
