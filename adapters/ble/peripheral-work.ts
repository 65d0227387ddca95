/** What is done with one device while it is connected: reads, a write, the steps of an executable resource. */
import { type Clock, DeviceError, formatDuration, type Millis, type RawValue } from "../../src/adapter.ts";
import { orAborted, until, withDeadline } from "../wires/deadline.ts";
import type { CharacteristicRef, Peripheral } from "./central/session-types.ts";
import { nameOfRef } from "./characteristic.ts";
import { filledIn } from "./command.ts";
import { begins } from "./point-value.ts";
import type { BlePoint, WriteSpec } from "./points.ts";
import type { ExpectStep, PeripheralStep } from "./steps.ts";

/** What a device is talked to with. */
export interface Terms {
  readonly clock: Clock;
  /** Of one exchange. */
  readonly timeout: Millis;
}

/** What a characteristic holds, or why it was not told. */
export type Answer = { readonly bytes: Uint8Array } | { readonly refused: string };

/**
 * Reads each of the characteristics once, into `answers`, by `nameOfRef`: what was answered before the connection was lost is there. Rejects
 * with DeviceError where the device does not answer.
 */
export async function readInto(
  answers: Map<string, Answer>,
  refs: readonly CharacteristicRef[],
  peripheral: Peripheral,
  { timeout }: Pick<Terms, "timeout">,
): Promise<void> {
  for (const ref of refs) {
    const name = nameOfRef(ref);
    if (answers.has(name)) continue;
    try {
      answers.set(name, { bytes: await peripheral.read(ref, timeout) });
    } catch (error) {
      if (!(error instanceof DeviceError) || error.kind === "unreachable") throw error;
      answers.set(name, { refused: error.message });
    }
  }
}

/** One value to write. `mask`: only the bits set in it change. */
export interface Written {
  readonly point: BlePoint & { readonly write: WriteSpec };
  readonly value: RawValue;
  readonly mask?: Uint8Array | undefined;
}

/** Rejects with DeviceError: `rejected` where the device, or the mapping, does not let it. */
export async function writeValue({ point, value, mask }: Written, peripheral: Peripheral, terms: Terms): Promise<void> {
  const { ref, command, verify, response } = point.write;
  const plain = value instanceof Uint8Array ? value : undefined;
  const read = (): Promise<Uint8Array> => readBack(point, plain?.length ?? 0, peripheral, terms);
  const whole = plain === undefined || mask === undefined ? plain : merged(plain, mask, await read());
  const bytes = command === undefined ? whole : filledIn(command, whole ?? new Uint8Array());
  if (bytes === undefined) throw new DeviceError("rejected", "the mapping does not say which bytes are sent");
  await send({ ref, bytes, response }, peripheral, terms);
  if (verify === undefined || whole === undefined) return;
  await until(terms.clock.monotonic() + verify, terms.clock, peripheral.signal);
  const found = await read();
  if (Buffer.compare(found, whole) !== 0)
    throw new DeviceError(
      "rejected",
      `${hexOf(whole)} was written, and ${hexOf(found)} is read ${formatDuration(verify)} later`,
    );
}

/** The steps, one after the other. Notifications that they expect are heard from the beginning. */
export async function runSteps(steps: readonly PeripheralStep[], peripheral: Peripheral, terms: Terms): Promise<void> {
  const inboxes = new Map<string, Inbox>();
  for (const step of steps) {
    if (!("expect" in step) || inboxes.has(nameOfRef(step.expect))) continue;
    const inbox = new Inbox();
    inboxes.set(nameOfRef(step.expect), inbox);
    await peripheral.subscribe(step.expect, (bytes) => inbox.put(bytes), terms.timeout);
  }
  for (const step of steps) {
    if ("wait" in step) await until(terms.clock.monotonic() + step.wait, terms.clock, peripheral.signal);
    else if ("write" in step) await send({ ...step, ref: step.write }, peripheral, terms);
    else await expected(step, inboxes.get(nameOfRef(step.expect)), peripheral, terms);
  }
}

/** What a characteristic has said since the steps began. */
class Inbox {
  private readonly held: Uint8Array[] = [];
  private waiting: ((bytes: Uint8Array) => boolean) | undefined;

  put(bytes: Uint8Array): void {
    if (this.waiting?.(bytes) !== true) this.held.push(bytes);
  }

  /** Resolves with the first that begins so, and keeps the others for nobody: they came before. */
  take(beginning: Uint8Array | undefined): Promise<void> {
    for (let bytes = this.held.shift(); bytes !== undefined; bytes = this.held.shift())
      if (begins(bytes, beginning)) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting = (bytes) => {
        if (!begins(bytes, beginning)) return true;
        this.waiting = undefined;
        resolve();
        return true;
      };
    });
  }

  forget(): void {
    this.waiting = undefined;
  }
}

async function expected(
  { expect, begins: beginning, within }: ExpectStep,
  inbox: Inbox | undefined,
  { signal }: Peripheral,
  { clock }: Terms,
): Promise<void> {
  if (inbox === undefined) return;
  const late = (): DeviceError =>
    new DeviceError("rejected", `no notification of ${nameOfRef(expect)} within ${formatDuration(within)}`);
  try {
    await orAborted(withDeadline(inbox.take(beginning), { clock, span: within, late }), signal);
  } finally {
    inbox.forget();
  }
}

interface Sent {
  readonly ref: CharacteristicRef;
  readonly bytes: Uint8Array;
  readonly response?: boolean | undefined;
}

/** With a response where the characteristic can, unless the mapping says otherwise. */
function send({ ref, bytes, response }: Sent, peripheral: Peripheral, { timeout }: Terms): Promise<void> {
  const confirmed = response ?? peripheral.find(ref).properties.has("write");
  return peripheral.write(ref, bytes, { response: confirmed, timeout });
}

/** The bits of the mask from what is written, the others from what is there. */
function merged(value: Uint8Array, mask: Uint8Array, there: Uint8Array): Uint8Array {
  return value.map((byte, i) => (byte & (mask[i] ?? 0xff)) | ((there[i] ?? 0) & ~(mask[i] ?? 0xff)));
}

/** So many bytes of what is read where the point stands. */
async function readBack(
  { source }: BlePoint,
  length: number,
  peripheral: Peripheral,
  { timeout }: Terms,
): Promise<Uint8Array> {
  if (source.kind !== "characteristic" || !("at" in source.part))
    throw new DeviceError("rejected", "it cannot be read: nobody knows what the other bits are");
  const { at } = source.part;
  return (await peripheral.read(source.ref, timeout)).slice(at, at + length);
}

function hexOf(bytes: Uint8Array): string {
  return bytes.length === 0 ? "nothing" : Buffer.from(bytes).toString("hex");
}
