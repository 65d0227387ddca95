/** How a client finds out what attributes there are (Core Specification 5.4, Vol. 3, Part F, 3.4.3 and 3.4.4). */
import { ATT, ATT_ERROR, AttError } from "./att-codes.ts";
import { type Attribute, type GattDatabase, PRIMARY_SERVICE } from "./gatt-database.ts";
import { readU16, u16 } from "./little-endian.ts";
import { isSameUuid } from "./uuid-bytes.ts";

/** One entry of an answer has its length in one byte. */
const LONGEST_ENTRY = 255;

export interface ReadingServer {
  readonly mtu: number;
  /** Throws AttError. */
  readonly read: (attribute: Attribute) => Uint8Array;
}

/** 3.4.3.1: the types of a range of handles; short and long ones never in one answer. Each function throws AttError. */
export function findInformation(database: GattDatabase, pdu: Uint8Array, mtu: number): Uint8Array {
  if (pdu.length !== 5) throw new AttError(ATT_ERROR.invalidPdu, 0);
  const found = inRange(database, pdu).map(({ handle, type }) => Uint8Array.from([...u16(handle), ...type]));
  const format = found[0]?.length === 4 ? 1 : 2;
  return answered(pdu, [ATT.findInformationResponse, format], alike(found, mtu - 2));
}

/** 3.4.3.3: groups by the type and the value of their first attribute. */
export function findByTypeValue(database: GattDatabase, pdu: Uint8Array, mtu: number): Uint8Array {
  if (pdu.length < 7) throw new AttError(ATT_ERROR.invalidPdu, 0);
  const [type, value] = [pdu.subarray(5, 7), pdu.subarray(7)];
  const found = inRange(database, pdu).flatMap((attribute) => {
    if (!isSameUuid(attribute.type, type)) return [];
    if (attribute.kind === "service" && isSameUuid(attribute.value, value))
      return [Uint8Array.from([...u16(attribute.handle), ...u16(attribute.end)])];
    const isIt = attribute.kind === "constant" && Buffer.from(attribute.value).equals(value);
    return isIt ? [Uint8Array.from([...u16(attribute.handle), ...u16(attribute.handle)])] : [];
  });
  return answered(pdu, [ATT.findByTypeValueResponse], alike(found, mtu - 1));
}

/** 3.4.4.1: values of one type whose length is the same. */
export function readByType(database: GattDatabase, pdu: Uint8Array, { mtu, read }: ReadingServer): Uint8Array {
  const type = typeIn(pdu);
  const longest = Math.min(mtu - 4, LONGEST_ENTRY - 2);
  const found: Uint8Array[] = [];
  for (const attribute of inRange(database, pdu)) {
    if (!isSameUuid(attribute.type, type)) continue;
    try {
      found.push(Uint8Array.from([...u16(attribute.handle), ...read(attribute).subarray(0, longest)]));
    } catch (error) {
      // Only of the first one the client is told why.
      if (found.length === 0) throw error;
      break;
    }
  }
  return answered(pdu, [ATT.readByTypeResponse, found[0]?.length ?? 0], alike(found, mtu - 2));
}

/** 3.4.4.9: services, each with its last handle. */
export function readByGroupType(database: GattDatabase, pdu: Uint8Array, mtu: number): Uint8Array {
  const type = typeIn(pdu);
  const inside = inRange(database, pdu);
  if (!isSameUuid(type, PRIMARY_SERVICE)) throw new AttError(ATT_ERROR.unsupportedGroupType, readU16(pdu, 1));
  const found = inside.flatMap((attribute) =>
    attribute.kind === "service"
      ? [Uint8Array.from([...u16(attribute.handle), ...u16(attribute.end), ...attribute.value])]
      : [],
  );
  return answered(pdu, [ATT.readByGroupTypeResponse, found[0]?.length ?? 0], alike(found, mtu - 2));
}

function typeIn(pdu: Uint8Array): Uint8Array {
  if (pdu.length !== 7 && pdu.length !== 21) throw new AttError(ATT_ERROR.invalidPdu, 0);
  return pdu.subarray(5);
}

function inRange(database: GattDatabase, pdu: Uint8Array): readonly Attribute[] {
  const [first, last] = [readU16(pdu, 1), readU16(pdu, 3)];
  if (first === 0 || first > last) throw new AttError(ATT_ERROR.invalidHandle, first);
  return database.between(first, last);
}

/** Those at the beginning that are as long as the first one, as many as there is room for. */
function alike(entries: readonly Uint8Array[], room: number): readonly Uint8Array[] {
  const length = entries[0]?.length ?? 0;
  const other = entries.findIndex((entry) => entry.length !== length);
  const most = Math.max(1, Math.floor(room / Math.max(1, length)));
  return entries.slice(0, Math.min(most, other < 0 ? entries.length : other));
}

function answered(pdu: Uint8Array, header: readonly number[], entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0) throw new AttError(ATT_ERROR.attributeNotFound, readU16(pdu, 1));
  return Buffer.concat([Uint8Array.from(header), ...entries]);
}
