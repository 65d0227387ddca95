/** One raw request of a tool on an open line: `Ask` of the contract, as Modbus has it. */
import { z } from "zod";
import { type Ask, type Clock, DeviceError, type Millis, WrongArguments } from "../../../src/adapter.ts";
import { ModbusException } from "../errors.ts";
import type { Line } from "../line.ts";

/** What a tool asks: a request PDU for a unit. */
export interface RawRequest {
  readonly unit: number;
  readonly pdu: Uint8Array;
  /** Instead of the line's. */
  readonly timeout?: Millis | undefined;
}

/** What came back: the response PDU, that of an exception too, and how long it took from its turn on. */
export interface RawAnswer {
  readonly pdu: Uint8Array;
  readonly took: Millis;
}

/** V1.1b3 §4.1: 253 bytes. */
const hex = z.string().regex(/^(?:[0-9a-f]{2}){1,253}$/i, "expected 1 to 253 bytes in hexadecimal");

const requestSchema = z.strictObject({
  unit: z.int().min(0).max(255),
  pdu: hex,
  timeout: z.number().positive().max(60_000).optional(),
});

const answerSchema = z.union([
  z.strictObject({ pdu: hex, took: z.number() }),
  /** The line is there, and on it nobody answered. */
  z.strictObject({ silence: z.string() }),
]);

/** The request went out, and no answer came: another thing than a line that is not there. */
export class Silence extends DeviceError {
  constructor(message: string) {
    super("unreachable", message);
    this.name = "Silence";
  }
}

/** The request waits for its turn as a read does. `lineOf`: the line on which a unit is. */
export function askOn(lineOf: (unit: number) => Line, clock: Clock): Ask {
  return async (asked) => {
    const { success, data, error } = requestSchema.safeParse(asked);
    if (!success) throw new WrongArguments(`a raw request has a unit, a PDU and a timeout: ${z.prettifyError(error)}`);
    const { unit, pdu, timeout } = data;
    const request = Uint8Array.from(Buffer.from(pdu, "hex"));
    return lineOf(unit).use("read", { unit, timeout, trial: true }, async (exchange) => {
      const started = clock.monotonic();
      const answer = await orException(exchange({ kind: "raw", pdu: request }), request[0] ?? 0).catch(orSilence);
      if (typeof answer === "string") return { silence: answer };
      return { pdu: Buffer.from(answer).toString("hex"), took: Math.round(10 * (clock.monotonic() - started)) / 10 };
    });
  };
}

/** The other end of `askOn`. Rejects with DeviceError, with Silence where only the device is to blame. */
export async function askRaw(ask: Ask, { pdu, ...request }: RawRequest): Promise<RawAnswer> {
  const answer = answerSchema.parse(await ask({ ...request, pdu: Buffer.from(pdu).toString("hex") }));
  if ("silence" in answer) throw new Silence(answer.silence);
  return { pdu: Uint8Array.from(Buffer.from(answer.pdu, "hex")), took: answer.took };
}

/** An exception is an answer like any other to somebody who looks at answers. */
async function orException(answer: Promise<Uint8Array>, code: number): Promise<Uint8Array> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ModbusException) return Uint8Array.of(code | 0x80, error.code);
    throw error;
  }
}

function orSilence(error: unknown): string {
  if (error instanceof DeviceError && error.kind === "unreachable") return error.message;
  throw error;
}
