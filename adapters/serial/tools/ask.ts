/** What a tool asks of an open line: `Ask` of the contract, as it is for serial devices. */
import { z } from "zod";
import {
  type Ask,
  type Clock,
  DeviceError,
  type Millis,
  SECOND,
  type UnixMillis,
  WrongArguments,
} from "../../../src/adapter.ts";
import type { Awaited } from "../../spoken/stream/line.ts";
import type { SerialLine } from "../line.ts";
import { LONGEST_WAIT, Recorder } from "./recorder.ts";

/** Bytes that were carried together. */
export interface Carried {
  readonly way: "in" | "out";
  readonly time: UnixMillis;
  readonly bytes: Uint8Array;
}

/** What came after something was sent; empty: nothing. */
export interface Exchange {
  /** When the request left, in its turn. */
  readonly sent: UnixMillis;
  readonly carried: readonly Carried[];
}

/** What was carried since; `next` is for the next question, `missed` what was forgotten meanwhile, in bytes. */
export interface Listened {
  readonly carried: readonly Carried[];
  readonly next: number;
  readonly missed: number;
}

const hex = z.string().regex(/^(?:[0-9a-f]{2})*$/i, "expected bytes in hexadecimal");
const span = z.number().positive().max(LONGEST_WAIT);

const requestSchema = z.union([
  /** Sent in its turn; then all that comes, until `quiet` without anything, or `wait` in all. */
  z.strictObject({ send: hex.min(2).max(16_384), wait: span, quiet: span }),
  /** What was carried since the answer before (`next`), or within `wait` from now on. */
  z.strictObject({ since: z.int().min(0), wait: span }),
]);

const carriedSchema = z
  .strictObject({ way: z.enum(["in", "out"]), time: z.number(), hex })
  .transform(({ hex: digits, ...rest }): Carried => ({ ...rest, bytes: Uint8Array.from(Buffer.from(digits, "hex")) }));
const exchangeSchema: z.ZodType<Exchange> = z.strictObject({ sent: z.number(), carried: z.array(carriedSchema) });
const listenedSchema: z.ZodType<Listened> = z.strictObject({
  carried: z.array(carriedSchema),
  next: z.int(),
  missed: z.int(),
});

/** Requests wait for their turn as a read does; who listens disturbs nobody. */
export function askOn(line: SerialLine, clock: Clock): Ask {
  const recorder = new Recorder(line, clock);
  return async (asked) => {
    const { success, data, error } = requestSchema.safeParse(asked);
    if (!success)
      throw new WrongArguments(`a raw request has send, wait and quiet, or since and wait: ${z.prettifyError(error)}`);
    if ("since" in data) {
      const { carried, ...rest } = await recorder.listen(data.since, data.wait);
      return { ...rest, carried: carried.map(written) };
    }
    return exchangeOn(line, clock, { ...data, send: Buffer.from(data.send, "hex") });
  };
}

/** The other end of `askOn`. Rejects with DeviceError where the line is not there. */
export async function exchange(
  ask: Ask,
  { send, wait, quiet }: { readonly send: Uint8Array; readonly wait: Millis; readonly quiet: Millis },
): Promise<Exchange> {
  return exchangeSchema.parse(await ask({ send: Buffer.from(send).toString("hex"), wait, quiet }));
}

/** The other end of `askOn`. `since`: 0, then what the answer before said. Rejects with DeviceError where the line is not there. */
export async function listen(ask: Ask, since: number, wait: Millis): Promise<Listened> {
  return listenedSchema.parse(await ask({ since, wait }));
}

/** On a device link turns have its number; a tool has none. */
const NOBODY = -1;
/** The line's own patience ends a moment later: what came until then is told. */
const MARGIN: Millis = SECOND / 10;

interface RawRequest {
  readonly send: Uint8Array;
  readonly wait: Millis;
  readonly quiet: Millis;
}

async function exchangeOn(line: SerialLine, clock: Clock, { send, wait, quiet }: RawRequest): Promise<unknown> {
  let sent = clock.wall();
  const expect = (): Awaited<readonly Carried[]> => {
    sent = clock.wall();
    return allThatComes(line, clock, { wait, quiet });
  };
  const question = { unit: NOBODY, name: "a tool", bytes: send, timeout: wait + MARGIN, expect, trial: true as const };
  try {
    const carried = (await line.ask("read", question)) ?? [];
    return { sent, carried: carried.map(written) };
  } catch (error) {
    // The line says of every failure which request it was.
    if (error instanceof DeviceError && error.cause instanceof Silence) return { sent, carried: [] };
    throw error;
  }
}

/** The request went out, and nothing came: another thing than a line that is not there. */
class Silence extends DeviceError {}

function allThatComes(
  line: SerialLine,
  clock: Clock,
  { wait, quiet }: Omit<RawRequest, "send">,
): Awaited<readonly Carried[]> {
  const carried: Carried[] = [];
  let forget = (): void => {};
  const answer = new Promise<readonly Carried[]>((resolve, reject) => {
    const end = (): void => {
      if (carried.length > 0) resolve(carried);
      else reject(new Silence("unreachable", "nothing came"));
    };
    let cancelQuiet = (): void => {};
    const cancelWait = clock.at(clock.monotonic() + wait, end);
    const push = (bytes: Uint8Array): void => {
      carried.push({ way: "in", time: clock.wall(), bytes: Uint8Array.from(bytes) });
      cancelQuiet();
      cancelQuiet = clock.at(clock.monotonic() + quiet, end);
    };
    const unhear = line.hear({ opened: () => {}, push });
    forget = () => {
      unhear();
      cancelWait();
      cancelQuiet();
    };
  });
  // The line may be lost before anybody waits for it.
  answer.catch(() => {});
  return { answer, heard: () => undefined, forget: () => forget() };
}

function written({ bytes, ...rest }: Carried) {
  return { ...rest, hex: Buffer.from(bytes).toString("hex") };
}
