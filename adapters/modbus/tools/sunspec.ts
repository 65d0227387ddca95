/** Whether a device is a SunSpec one, and who it is. SunSpec Device Information Model Specification V1.1 §6.2: "SunS", then model 1. */
import { encodeRequest } from "../codec.ts";
import type { Wire } from "./wire.ts";

export interface SunSpec {
  /** Address on the wire of the registers that say "SunS". */
  readonly base: number;
  readonly manufacturer?: string;
  readonly model?: string;
  readonly serial?: string;
  /** For a person. */
  readonly text: string;
}

/** Where "SunS" may stand (§6.2.1), the usual place first. */
const BASES = [40_000, 50_000, 0];
const MARK = "53756e53";
/** The common model: its ID and length, then manufacturer (16 registers), model (16), options (8), version (8), serial (16). */
const COMMON = 1;
const COMMON_REGISTERS = 66;

/** Rejects with DeviceError where the device falls silent. */
export async function sunSpecAt(wire: Wire, unit: number): Promise<SunSpec | undefined> {
  for (const base of BASES) {
    const mark = await holding(wire, unit, { address: base, count: 2 });
    if (mark === undefined || Buffer.from(mark).toString("hex") !== MARK) continue;
    const common = await holding(wire, unit, { address: base + 2, count: COMMON_REGISTERS });
    return described(base, common);
  }
  return undefined;
}

function described(base: number, common: Uint8Array | undefined): SunSpec {
  if (common === undefined || common[0] !== 0 || common[1] !== COMMON) return { base, text: `SunSpec at ${base}` };
  const [manufacturer, model, serial] = [textAt(common, 2, 16), textAt(common, 18, 16), textAt(common, 50, 16)];
  const who = [manufacturer, model, serial === "" ? "" : `serial number ${serial}`].filter((part) => part !== "");
  return { base, manufacturer, model, serial, text: `SunSpec at ${base}: ${who.join(", ")}` };
}

/** Registers counted from the model's ID on. */
function textAt(bytes: Uint8Array, register: number, count: number): string {
  const text = String.fromCharCode(...bytes.slice(2 * register, 2 * (register + count)));
  return text
    .replaceAll("\0", " ")
    .replaceAll(/[^\x20-\x7e]/g, "?")
    .trim();
}

async function holding(
  wire: Wire,
  unit: number,
  { address, count }: { readonly address: number; readonly count: number },
): Promise<Uint8Array | undefined> {
  const { pdu } = await wire.transact(unit, encodeRequest({ kind: "read", table: "holding", address, count }));
  return pdu[0] === 3 && pdu.length === 2 + 2 * count ? pdu.slice(2) : undefined;
}
