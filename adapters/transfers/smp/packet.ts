/** Packets of the Simple Management Protocol: Zephyr, "SMP Protocol Specification", frame. Eight bytes, then one map in CBOR. */
import { DeviceError } from "../../../src/adapter.ts";
import { decodeMap, encodeMap, type SmpMap } from "./cbor.ts";

export const HEADER = 8;

export const OP = { read: 0, readAnswer: 1, write: 2, writeAnswer: 3 } as const;

/** Groups and commands (Zephyr, "MCUmgr", OS and application/software image management group). */
export const GROUP = { os: 0, image: 1 } as const;
export const OS = { reset: 5, parameters: 6 } as const;
export const IMAGE = { state: 0, upload: 1, erase: 5 } as const;

/** 0 is the first version of the protocol, 1 the second, in which errors have a group. */
const VERSIONS = 1;
const LAST_OP = OP.writeAnswer;

export interface SmpHeader {
  readonly op: number;
  readonly version: number;
  /** Of the body, in bytes. */
  readonly length: number;
  readonly group: number;
  /** Answers have that of their request. */
  readonly sequence: number;
  readonly command: number;
}

export interface SmpPacket extends Omit<SmpHeader, "length"> {
  readonly body: SmpMap;
}

export function encodePacket({ op, version, group, sequence, command, body }: SmpPacket): Uint8Array {
  const payload = encodeMap(body);
  const packet = Buffer.alloc(HEADER + payload.length);
  packet[0] = (version << 3) | op;
  packet.writeUInt16BE(payload.length, 2);
  packet.writeUInt16BE(group, 4);
  packet[6] = sequence;
  packet[7] = command;
  packet.set(payload, HEADER);
  return packet;
}

/** Undefined where these bytes begin no packet: reserved bits, a version that nobody speaks, a request from a device. */
export function readHeader(bytes: Uint8Array): SmpHeader | undefined {
  if (bytes.length < HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER);
  const first = view.getUint8(0);
  const header = {
    op: first & 7,
    version: (first >> 3) & 3,
    length: view.getUint16(2),
    group: view.getUint16(4),
    sequence: view.getUint8(6),
    command: view.getUint8(7),
  };
  const isAnswer = header.op <= LAST_OP && (header.op & 1) === 1;
  return first >> 5 === 0 && header.version <= VERSIONS && isAnswer ? header : undefined;
}

/** An answer. Throws DeviceError `malformed` where it is none. */
export function decodePacket(bytes: Uint8Array): SmpPacket {
  const header = readHeader(bytes);
  if (header === undefined) throw new DeviceError("malformed", "the device sent a packet that is no answer of SMP");
  const { length, ...rest } = header;
  if (bytes.length !== HEADER + length) {
    const there = `${bytes.length - HEADER} bytes where its header says ${length}`;
    throw new DeviceError("malformed", `the device sent a packet of SMP with ${there}`);
  }
  return { ...rest, body: decodeMap(bytes.subarray(HEADER)) };
}
