/** What `probe` is told to read: words of the command line become requests. */
import { reasonOf, type ToolArguments, WrongArguments } from "../../../src/adapter.ts";
import { type Addressing, addressSchema, wireAddress } from "../address.ts";
import { encodeRequest } from "../codec.ts";
import { ADDRESSES, formatHex, isBits, MAX_READ_BITS, MAX_READ_REGISTERS, type Span } from "../pdu.ts";
import { TABLES } from "../points.ts";

export interface ProbeTarget extends Span {
  readonly requests: readonly { readonly span: Span; readonly pdu: Uint8Array }[];
  /** The address as it was written, where that is not as on the wire. */
  readonly written?: number;
  /** From the address on the wire to the one that the user counts with. */
  readonly shown: (address: number) => string;
}

/** More than that is a scan of registers, which takes minutes on a slow line. */
const MOST_REGISTERS = 1000;
const MOST_BITS = 10_000;
const WAYS = ["zero", "one", "modicon"] as const satisfies readonly Addressing[];

/** Throws WrongArguments. */
export function targetOf(args: ToolArguments): ProbeTarget {
  const [word = "", addressText, countText, surplus] = args.positionals;
  const table = TABLES.find((each) => each === word);
  if (table === undefined) throw new WrongArguments(`expected ${TABLES.join(", ")} or ident, found "${word}"`);
  if (addressText === undefined) throw new WrongArguments(`${table}: at which address? e.g. ${table} 0x34 2`);
  if (surplus !== undefined) throw new WrongArguments(`one range at a time: "${surplus}" is too much`);
  const addressing = addressingOf(args);
  const [first = "", last, ...rest] = addressText.split("..");
  if (rest.length > 0 || (last !== undefined && countText !== undefined)) {
    throw new WrongArguments(`expected ADDRESS COUNT or FIRST..LAST, found "${args.positionals.slice(1).join(" ")}"`);
  }
  const written = addressNumber(first);
  const count = last === undefined ? countOf(countText ?? "1") : addressNumber(last) - written + 1;
  const most = isBits(table) ? MOST_BITS : MOST_REGISTERS;
  if (count < 1 || count > most) throw new WrongArguments(`expected 1 to ${most} at a time, found ${count}`);
  const address = onWire(() => wireAddress(table, written, addressing));
  if (address + count > ADDRESSES)
    throw new WrongArguments(`${count} from ${first} on reach beyond the end of the table`);
  const span = { table, address, count };
  const offset = written - address;
  return {
    ...span,
    requests: requestsOf(span),
    ...(addressing === "zero" ? {} : { written }),
    shown: (wire) => (addressing === "zero" ? formatHex(wire, 2) : String(wire + offset)),
  };
}

/** Throws WrongArguments. */
export function unitOf(args: ToolArguments): number {
  const text = args.text("unit") ?? "1";
  const unit = Number(text);
  if (/^\d{1,3}$/.test(text) && unit <= 255) return unit;
  throw new WrongArguments(`--unit ${text}: expected a number from 0 to 255`);
}

/** The command that asks something else on the same wire. */
export function probeCommand(args: ToolArguments, words: string): string {
  const options = ["link", "config", "host", "port", "line", "type", "unit", "addressing"].flatMap((option) => {
    const value = args.text(option);
    const isDefault = (option === "unit" && value === "1") || (option === "addressing" && value === "zero");
    return value === undefined || isDefault ? [] : [`--${option} ${value}`];
  });
  return ["lwm2m-gateway probe modbus", ...options, words].join(" ");
}

function requestsOf(span: Span): ProbeTarget["requests"] {
  const most = isBits(span.table) ? MAX_READ_BITS : MAX_READ_REGISTERS;
  return Array.from({ length: Math.ceil(span.count / most) }, (_, i) => {
    const part = { ...span, address: span.address + i * most, count: Math.min(most, span.count - i * most) };
    return { span: part, pdu: encodeRequest({ kind: "read", ...part }) };
  });
}

function addressingOf(args: ToolArguments): Addressing {
  const text = args.text("addressing") ?? "zero";
  const way = WAYS.find((each) => each === text);
  if (way === undefined) throw new WrongArguments(`--addressing ${text}: expected one of ${WAYS.join(", ")}`);
  return way;
}

function addressNumber(text: string): number {
  const { success, data } = addressSchema.safeParse(text);
  if (success) return data;
  throw new WrongArguments(`"${text}" is no address; expected e.g. 52, 0x34 or 40011`);
}

function countOf(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new WrongArguments(`COUNT: expected a number of registers or coils, found "${text}"`);
}

function onWire(address: () => number): number {
  try {
    return address();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new WrongArguments(reasonOf(error), { cause: error });
  }
}
