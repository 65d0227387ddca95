/** Whether a device is a SunSpec one, who it is and which models it has. SunSpec Device Information Model Specification V1.1 §6.2. */
import type { ReadSpan } from "../block-reader.ts";
import { decodeResponse, encodeRequest, responseTo } from "../codec.ts";
import { BASES, BaseSearch, type Model, walkChain } from "../sunspec/chain.ts";
import type { Wire } from "./wire.ts";

export interface SunSpec {
  /** Address on the wire of the registers that say "SunS". */
  readonly base: number;
  /** In the order of the chain. */
  readonly models: readonly Model[];
  readonly manufacturer?: string;
  readonly model?: string;
  readonly serial?: string;
  /** For a person. */
  readonly text: string;
}

/** The common model: its ID and length, then manufacturer (16 registers), model (16), options (8), version (8), serial (16). */
const COMMON = 1;
const COMMON_REGISTERS = 66;

/** Rejects with DeviceError where the device falls silent. */
export async function sunSpecAt(wire: Wire, unit: number): Promise<SunSpec | undefined> {
  const readSpan = reading(wire, unit);
  const base = await new BaseSearch(BASES).find(readSpan);
  if (base === undefined) return undefined;
  const { models } = await walkChain(base, readSpan);
  const [first] = models;
  const isCommon = first?.id === COMMON && first.length >= COMMON_REGISTERS - 2;
  const common = isCommon
    ? await readSpan({ table: "holding", address: first.address, count: COMMON_REGISTERS })
    : undefined;
  return described(base, models, common);
}

function described(base: number, models: readonly Model[], common: Uint8Array | undefined): SunSpec {
  const others = [...new Set(models.map(({ id }) => id))].filter((id) => id !== COMMON);
  const what = others.length === 0 ? "" : `models ${others.join(", ")}`;
  if (common === undefined) return { base, models, text: `SunSpec at ${base}${what === "" ? "" : `: ${what}`}` };
  const [manufacturer, model, serial] = [textAt(common, 2, 16), textAt(common, 18, 16), textAt(common, 50, 16)];
  const known = [manufacturer, model, serial === "" ? "" : `serial number ${serial}`, what].filter(
    (part) => part !== "",
  );
  return { base, models, manufacturer, model, serial, text: `SunSpec at ${base}: ${known.join(", ")}` };
}

/** Registers counted from the model's ID on. */
function textAt(bytes: Uint8Array, register: number, count: number): string {
  const text = String.fromCharCode(...bytes.slice(2 * register, 2 * (register + count)));
  return text
    .replaceAll("\0", " ")
    .replaceAll(/[^\x20-\x7e]/g, "?")
    .trim();
}

function reading(wire: Wire, unit: number): ReadSpan {
  return async (span) => {
    const { table, address, count } = span;
    const request = { kind: "read", table, address, count } as const;
    const pdu = encodeRequest(request);
    const { pdu: response } = await wire.transact(unit, pdu);
    return decodeResponse(request, responseTo(pdu[0] ?? 0, response));
  };
}
