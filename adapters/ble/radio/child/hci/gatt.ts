/** Procedures of the Generic Attribute Profile (Core Specification, Vol. 3, Part G, 4), each over requests of ATT. */
import { DeviceError } from "../../../../../src/adapter.ts";
import { ATT, ATT_ERROR, DEFAULT_MTU, LONGEST_VALUE } from "../../../emulator/att-codes.ts";
import { readUuid } from "../../advertising-data.ts";
import type { Property } from "../../radio.ts";
import { type AttClient, AttRefusal } from "./att-client.ts";

/** Attributes from the first handle to the last. */
interface Range {
  readonly first: number;
  readonly last: number;
}

export interface FoundService extends Range {
  readonly uuid: string;
  readonly characteristics: readonly FoundCharacteristic[];
}

export interface FoundCharacteristic {
  readonly uuid: string;
  readonly properties: ReadonlySet<Property>;
  /** The handle of its value. */
  readonly handle: number;
  /** The last handle that is its own. */
  readonly last: number;
}

/** What is asked for: the request, the type of attribute, and how long an entry of the answer is at least. */
interface List {
  readonly opcode: number;
  readonly type: readonly number[];
  readonly least: number;
}

const SERVICES: List = { opcode: ATT.readByGroupTypeRequest, type: [0x00, 0x28], least: 6 };
const CHARACTERISTICS: List = { opcode: ATT.readByTypeRequest, type: [0x03, 0x28], least: 7 };
const CLIENT_CHARACTERISTIC_CONFIGURATION = "2902";
const LAST_HANDLE = 0xffff;
/** One packet of LE with the Data Length Extension holds it whole. */
const WISHED_MTU = 247;
/** Opcode, and the size of an entry, or its format. */
const LIST_HEADER = 2;
/** Opcode, handle, offset of a Prepare Write Request. */
const PREPARED_HEADER = 5;
/** Bits of a characteristic's properties (3.3.1.1). */
const PROPERTIES: readonly (readonly [number, Property])[] = [
  [0x02, "read"],
  [0x04, "write-without-response"],
  [0x08, "write"],
  [0x10, "notify"],
  [0x20, "indicate"],
];

/** 4.3.1. One that knows no other than the default refuses. */
export async function exchangeMtu(att: AttClient): Promise<void> {
  try {
    const answer = await att.request([ATT.mtuRequest, ...u16(WISHED_MTU)]);
    const theirs = answer.length < 3 ? DEFAULT_MTU : answer.readUInt16LE(1);
    att.mtu = Math.min(WISHED_MTU, Math.max(DEFAULT_MTU, theirs));
  } catch (error) {
    if (!(error instanceof AttRefusal)) throw error;
  }
}

/** 4.4.1, 4.6.1: all services, and what they have. */
export async function discover(att: AttClient): Promise<readonly FoundService[]> {
  const ranges: (Range & { readonly uuid: string })[] = [];
  await eachEntry(att, { first: 1, last: LAST_HANDLE }, SERVICES, (entry) => {
    const [first, last, uuid] = [entry.readUInt16LE(0), entry.readUInt16LE(2), readUuid(entry.subarray(4))];
    if (uuid !== undefined) ranges.push({ first, last, uuid });
    return last;
  });
  const services: FoundService[] = [];
  for (const range of ranges) services.push({ ...range, characteristics: await characteristicsOf(att, range) });
  return services;
}

/** 4.8.1, 4.8.3: the whole value, however long. */
export async function read(att: AttClient, handle: number): Promise<Uint8Array> {
  let answer = await att.request([ATT.readRequest, ...u16(handle)]);
  const parts = [answer.subarray(1)];
  let length = answer.length - 1;
  while (answer.length === att.mtu && length < LONGEST_VALUE) {
    try {
      answer = await att.request([ATT.readBlobRequest, ...u16(handle), ...u16(length)]);
    } catch (error) {
      // It had exactly that many bytes, and no more.
      if (error instanceof AttRefusal) break;
      throw error;
    }
    parts.push(answer.subarray(1));
    length += answer.length - 1;
  }
  return Uint8Array.from(Buffer.concat(parts));
}

/** 4.9.3, 4.9.4. */
export async function write(att: AttClient, handle: number, bytes: Uint8Array): Promise<void> {
  if (bytes.length <= att.mtu - 3) await att.request([ATT.writeRequest, ...u16(handle), ...bytes]);
  else await writeLong(att, handle, bytes);
}

/** 4.9.1 */
export function command(att: AttClient, handle: number, bytes: Uint8Array): void {
  att.command(Uint8Array.from([ATT.writeCommand, ...u16(handle), ...bytes]));
}

/** 4.10, 4.11: notifications, or indications where there are no others; or neither. */
export async function configure(att: AttClient, characteristic: FoundCharacteristic, on: boolean): Promise<void> {
  const { handle, last, properties, uuid } = characteristic;
  const descriptor = await configurationOf(att, { first: handle + 1, last });
  if (descriptor === undefined) {
    throw new DeviceError("rejected", `${uuid} cannot be subscribed to: it has no Client Characteristic Configuration`);
  }
  const bit = properties.has("notify") ? 0x01 : 0x02;
  await att.request([ATT.writeRequest, ...u16(descriptor), ...u16(on ? bit : 0)]);
}

async function characteristicsOf(att: AttClient, range: Range): Promise<readonly FoundCharacteristic[]> {
  const found: {
    readonly declared: number;
    readonly properties: number;
    readonly handle: number;
    readonly uuid: string;
  }[] = [];
  await eachEntry(att, range, CHARACTERISTICS, (entry) => {
    const declared = entry.readUInt16LE(0);
    const uuid = readUuid(entry.subarray(5));
    if (uuid !== undefined) {
      found.push({ declared, properties: entry.readUInt8(2), handle: entry.readUInt16LE(3), uuid });
    }
    return declared;
  });
  return found.map(({ uuid, handle, properties }, index) => ({
    ...{ uuid, handle, last: (found[index + 1]?.declared ?? range.last + 1) - 1 },
    properties: new Set(PROPERTIES.flatMap(([bit, name]) => ((properties & bit) === 0 ? [] : [name]))),
  }));
}

/** 4.7.1 */
async function configurationOf(att: AttClient, range: Range): Promise<number | undefined> {
  let { first } = range;
  while (first <= range.last) {
    const answer = await orNothing(att.request([ATT.findInformationRequest, ...u16(first), ...u16(range.last)]));
    if (answer === undefined) return undefined;
    for (const entry of entriesOf(answer, answer[1] === 1 ? 4 : 18)) {
      if (readUuid(entry.subarray(2)) === CLIENT_CHARACTERISTIC_CONFIGURATION) return entry.readUInt16LE(0);
      first = following(first, entry.readUInt16LE(0));
    }
  }
  return undefined;
}

/** Asks on until there is no more. `take` gets an entry of the answer, and says which handle it reaches to. */
async function eachEntry(
  att: AttClient,
  range: Range,
  { opcode, type, least }: List,
  take: (entry: Buffer) => number,
): Promise<void> {
  let { first } = range;
  while (first <= range.last) {
    const answer = await orNothing(att.request([opcode, ...u16(first), ...u16(range.last), ...type]));
    if (answer === undefined) return;
    const size = answer[1] ?? 0;
    if (size < least) throw malformed();
    for (const entry of entriesOf(answer, size)) first = following(first, take(entry));
  }
}

/** Undefined: there is none (3.4.1.1). */
async function orNothing(answer: Promise<Buffer>): Promise<Buffer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof AttRefusal && error.code === ATT_ERROR.attributeNotFound) return undefined;
    throw error;
  }
}

/** All entries of one size. An answer that has none would be asked for over and over. */
function entriesOf(answer: Buffer, size: number): readonly Buffer[] {
  const entries = answer.subarray(LIST_HEADER);
  const count = Math.floor(entries.length / size);
  if (count < 1) throw malformed();
  return Array.from({ length: count }, (_, index) => entries.subarray(index * size, (index + 1) * size));
}

/** The next handle to ask for: they only grow (3.4.4.2, 3.4.4.10). */
function following(first: number, reached: number): number {
  if (reached < first) throw malformed();
  return reached + 1;
}

async function writeLong(att: AttClient, handle: number, bytes: Uint8Array): Promise<void> {
  const room = att.mtu - PREPARED_HEADER;
  try {
    for (let at = 0; at < bytes.length; at += room) {
      const piece = bytes.subarray(at, at + room);
      const echo = await att.request([ATT.prepareWriteRequest, ...u16(handle), ...u16(at), ...piece]);
      if (!echo.subarray(PREPARED_HEADER).equals(piece)) throw malformed();
    }
  } catch (error) {
    // What is prepared is not to be written. It is said once; the reason is why we are here.
    if (error instanceof DeviceError) await att.request([ATT.executeWriteRequest, 0]).catch(() => {});
    throw error;
  }
  await att.request([ATT.executeWriteRequest, 1]);
}

function malformed(): DeviceError {
  return new DeviceError("malformed", "the peripheral answered with what is no answer");
}

function u16(value: number): readonly number[] {
  return [value & 0xff, value >> 8];
}
