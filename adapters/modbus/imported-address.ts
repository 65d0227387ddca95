/**
 * Addresses as lists of registers have them: `1!400011#BB`, `300004.3`, `1!400020.10H`. The spelling is that of Neuron, documented in
 * EMQX Neuron, "Modbus TCP", "Address format": SLAVE!ADDRESS[.BIT][#ENDIAN][.LEN[H][L][D][E]]; the address counts from 1.
 */
import type { ImportedAddress, ImportedLine } from "../../src/adapter.ts";
import { ADDRESSES, type Table } from "./pdu.ts";

const FORM =
  /^(?:(?<unit>[0-9]{1,3})!)?(?<address>[0-9]{5,6})(?:\.(?<number>[0-9]{1,3})(?<half>[HLDE])?)?(?:#(?<order>[A-Z]{1,4}))?$/;
const LATE = /^(?<front>[^.#]+)(?<order>#[A-Z]{1,4})(?<length>\.[0-9]{1,3}[HLDE]?)$/;

const TABLE_OF: ReadonlyMap<string, Table> = new Map([
  ["0", "coil"],
  ["1", "discrete"],
  ["3", "input"],
  ["4", "holding"],
]);

/** Neuron's words, by the order in which the bytes come; and ours. */
const ORDER_OF: ReadonlyMap<string, string> = new Map([
  ["L", "ABCD"],
  ["B", "BADC"],
  ["LL", "ABCD"],
  ["LB", "BADC"],
  ["BB", "CDAB"],
  ["BL", "DCBA"],
  ...["ABCD", "BADC", "CDAB", "DCBA"].map((order) => [order, order] as const),
]);

const EXPECTED = "expected e.g. 1!400011, 300004.3, 400011#CDAB or 1!400020.10H";

/** Throws RangeError with a sentence. */
export function importAddress(text: string, { keys, section }: ImportedLine): ImportedAddress {
  const form = FORM.exec(text.trim().replace(LATE, "$<front>$<length>$<order>"));
  const { unit, address = "", number, half, order }: Readonly<Record<string, string | undefined>> = form?.groups ?? {};
  const [{ as }, { addressing }] = [keys, section];
  const table = TABLE_OF.get(address.slice(0, 1));
  if (form === null || table === undefined) throw new RangeError(`"${text}" is no address; ${EXPECTED}`);
  const register = Number(address.slice(1));
  if (register < 1 || register > ADDRESSES) throw new RangeError(`"${text}": registers count from 1 to ${ADDRESSES}`);
  const bytes = order === undefined ? undefined : ORDER_OF.get(order);
  if (order !== undefined && bytes === undefined) {
    throw new RangeError(`"${text}": unknown order #${order} (have: ${[...ORDER_OF.keys()].join(", ")})`);
  }
  return {
    ...(unit === undefined ? {} : { unit }),
    keys: {
      [table]: written(table, register, addressing),
      ...(number === undefined ? {} : partOf(number, half, as === "string")),
      ...(bytes === undefined ? {} : { order: bytes }),
    },
  };
}

/** As the addresses of this mapping are written. */
function written(table: Table, register: number, addressing: unknown): string {
  if (addressing === "one") return String(register);
  if (addressing !== "modicon") return String(register - 1);
  const [digit = "0"] = [...TABLE_OF].find(([, name]) => name === table) ?? [];
  return `${digit}${String(register).padStart(5, "0")}`;
}

/** A number behind the address is a bit; of a text, or with a letter, it is a length in bytes. */
function partOf(number: string, half: string | undefined, isText: boolean): Readonly<Record<string, string>> {
  if (half === undefined && !isText) {
    if (Number(number) > 15)
      throw new RangeError(`bit ${number}: a register has the bits 0 to 15; a text has "as: string"`);
    return { bits: number };
  }
  if (half === "D" || half === "E") {
    throw new RangeError(`.${number}${half}: texts with one byte in each register are not supported by this version`);
  }
  // Without a letter the low byte comes first.
  return { as: "string", length: number, order: half === "H" ? "ABCD" : "BADC" };
}
