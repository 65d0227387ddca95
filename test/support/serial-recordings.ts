/** What devices said on their lines, each with its source, cut as it came or as a test wants it. */
import type { Heard } from "../../adapters/serial/tools/guess/bursts.ts";
import { SECOND } from "../../src/clock.ts";

export const text = (line: string): Buffer => Buffer.from(line, "latin1");
export const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(" ", ""), "hex");

/** Each piece by itself, with a silence of `every` behind it. */
export function apart(pieces: readonly Uint8Array[], every = SECOND): readonly Heard[] {
  return pieces.map((bytes, i) => ({ at: i * every, bytes }));
}

/** Without a silence, torn into pieces of so many bytes. */
export function torn(bytes: Buffer, size: number): readonly Heard[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => ({
    at: i,
    bytes: bytes.subarray(i * size, (i + 1) * size),
  }));
}

/** METTLER TOLEDO, operating instructions of the AL-IC balances, "MT-SICS interface commands": answers to S. */
export const MT_SICS = ["S S     100.00 g\r\n", "S D      -1.25 kg\r\n", "S S     100.01 g\r\n"].map(text);

/** Vaisala WMT700 User Guide, M210822EN-F, MWV: the examples. */
export const NMEA = ["$WIMWV,39,R,1.3,M,A*06\r\n", "$WIMWV,61,R,1.0,M,A*08\r\n"].map(text);

/** Vaisala WXT530 Series User Guide, M211840EN-D, 7.2: answers to aR1, aR2 and aR5. */
export const WXT530 = [
  "0R1,Dn=236D,Dm=283D,Dx=031D,Sn=0.0M,Sm=1.0M,Sx=2.2M\r\n",
  "0R2,Ta=23.6C,Ua=14.2P,Pa=1026.6H\r\n",
  "0R5,Th=76.1F,Vh=11.5N,Vs=11.5V,Vr=3.510V,Id=HEL___\r\n",
].map(text);

/** Sartorius, operating instructions, "Data Output Format": 16 and 22 characters. */
export const SBI = ["+   1255.7 g  \r\n", "N     +   123.56 g  \r\n", "-    0.250 kg \r\n"].map(text);

/**
 * Winsen, MH-Z19 User's Manual, "0x86 Read CO2 concentration": FF 86 and the concentration, the checksum as it is defined there. The
 * first one is often quoted.
 */
export const MH_Z19 = [
  "ff86026047000000d1",
  "ff86026147000000d0",
  "ff86026f47000000c2",
  "ff8602f048000000 40",
  "ff8603014800000 02e",
].map(hex);

/** Eastron, SDM630 Modbus Protocol: the request for the third voltage, and its answer. */
export const MODBUS = ["01 04 00 04 00 02 30 0a", "01 04 04 43 66 33 34 1b 38"].map(hex);

/**
 * IEC 62056-21 §6.3.10, §6.4.5: SOH, command, STX, data set, ETX, and the block check character of all from behind SOH to ETX
 * (ISO 1155); the first is the password command that §C of many meters' manuals shows.
 */
export const IEC_62056 = ["01 5031 02 283030303030303030 29 03 61", "01 5231 02 312e382e302829 03 5a"].map(hex);

/** u-blox M8 Receiver description, 32.2 UBX frame structure: UBX-MON-VER as poll, and UBX-ACK-ACK for CFG-MSG. */
export const UBX = ["b5 62 0a 04 00 00 0e 34", "b5 62 05 01 02 00 06 01 0f 38"].map(hex);

/** Seven bits and a parity, as a port sees them that was opened with 8N1. */
export function withParity(bytes: Uint8Array, parity: "even" | "odd"): Buffer {
  return Buffer.from(
    bytes.map((byte) => {
      const ones = [...byte.toString(2)].filter((bit) => bit === "1").length;
      return ones % 2 === (parity === "even" ? 0 : 1) ? byte : byte | 0x80;
    }),
  );
}
