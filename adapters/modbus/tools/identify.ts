/** Who answers at an address: FC 43/14, then FC 17. MODBUS Application Protocol V1.1b3 §6.21, §6.13. */
import { DeviceError } from "../../../src/adapter.ts";
import { decodeResponse, encodeRequest, responseTo } from "../codec.ts";
import { ModbusException } from "../errors.ts";
import { readIdentification, textOf } from "../identification.ts";
import { hexOf, type IdentifyRequest } from "../pdu.ts";
import type { Wire } from "./wire.ts";

/** What is known; a device may tell none of it. */
export interface Identity {
  readonly vendor?: string;
  readonly product?: string;
  readonly revision?: string;
  readonly product_name?: string;
  readonly model?: string;
  /** The answer to FC 17: text where it is text, else bytes. */
  readonly server_id?: string;
}

const OBJECTS = { vendor: 0, product: 1, revision: 2, product_name: 4, model: 5 } as const;
const KEYS = [
  "vendor",
  "product",
  "revision",
  "product_name",
  "model",
  "server_id",
] as const satisfies readonly (keyof Identity)[];
const SERVER_ID = 17;

/** Rejects with DeviceError where nobody answers at all. */
export async function identify(wire: Wire, unit: number): Promise<Identity> {
  const { objects } = await readIdentification(Object.values(OBJECTS), (request) => ask(wire, unit, request)).catch(
    unlessSilent,
  );
  const found = Object.entries(OBJECTS).flatMap(([key, object]) => {
    const value = objects.get(object);
    const text = value === undefined ? "" : printable(textOf(value));
    return text === "" ? [] : [[key, text] as const];
  });
  if (found.length > 0) return Object.fromEntries(found);
  const { pdu } = await wire.transact(unit, Uint8Array.of(SERVER_ID));
  const [code, count = 0] = pdu;
  // §6.13: what is in it is the vendor's choice, text more often than not.
  if (code !== SERVER_ID || count === 0 || pdu.length !== 2 + count) return {};
  return { server_id: serverId(pdu.slice(2)) };
}

/** One line for each thing that is known. */
export function identityLines(identity: Identity): readonly string[] {
  return KEYS.flatMap((key) => {
    const value = identity[key];
    return value === undefined ? [] : [`${key.padEnd(12)} ${value}`];
  });
}

/** All of it in one line; "" where nothing is known. */
export function identityText(identity: Identity): string {
  return KEYS.flatMap((key) => identity[key] ?? []).join(", ");
}

async function ask(wire: Wire, unit: number, request: IdentifyRequest): Promise<Uint8Array> {
  const pdu = encodeRequest(request);
  const { pdu: response } = await wire.transact(unit, pdu);
  return decodeResponse(request, responseTo(pdu[0] ?? 0, response));
}

/** Whoever refuses, or answers with something else, is there all the same. */
function unlessSilent(error: unknown): { readonly objects: ReadonlyMap<number, Uint8Array> } {
  const answers = error instanceof DeviceError && (error.kind !== "unreachable" || error instanceof ModbusException);
  if (!answers) throw error;
  return { objects: new Map() };
}

/** The text that is in it, or its bytes: nobody's text steers a terminal. */
function serverId(bytes: Uint8Array): string {
  const text =
    String.fromCharCode(...bytes)
      .match(/[\x20-\x7e]{3,}/g)
      ?.join(" ")
      .trim() ?? "";
  return text === "" ? hexOf(bytes) : text;
}

function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?").trim();
}
