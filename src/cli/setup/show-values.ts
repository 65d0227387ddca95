/** Values of a device that is watched, until somebody has seen enough. */
import { type Millis, paused, SECOND, systemClock } from "../../clock.ts";
import type { ValueStatus } from "../../devices/device-status.ts";
import type { Value } from "../../lwm2m/sample.ts";
import { valueText } from "../../mapping/captured.ts";
import { FailureError } from "../command.ts";
import { valueLines } from "../status-text.ts";
import type { Conversation } from "./conversation.ts";
import { ownValues, type Watching } from "./watched-device.ts";

export interface Shown extends Pick<Conversation, "say" | "enter" | "unsay"> {
  /** Whether somebody presses Enter; else it ends by itself. */
  readonly isTyped: boolean;
  /** The longest wait for a first value where nobody presses Enter. */
  readonly patience: Millis;
  readonly signal: AbortSignal;
  /** The person wants to end all of it. */
  stop(): void;
}

const OFTEN: Millis = 500;
/** After the first values the slower groups are read. */
const SETTLING: Millis = 2 * SECOND;
const MOST_LINES = 40;

export interface SeenValues {
  readonly came: boolean;
  readonly values: readonly {
    readonly path: string;
    readonly name: string;
    readonly value: unknown;
    readonly unit?: string;
  }[];
}

/** Rejects with FailureError where no value has come, and nobody is there who could say what that means. */
export async function showValues(watching: Watching, company: Shown): Promise<SeenValues> {
  if (company.isTyped) await untilEnter(watching, company);
  else await untilThere(watching, company);
  return seen(watching);
}

async function untilEnter(watching: Watching, company: Shown): Promise<void> {
  company.say("the device as the gateway reads it now; Enter when you have seen enough");
  const over = new AbortController();
  const entered = company.enter(AbortSignal.any([over.signal, company.signal])).finally(() => over.abort());
  let lines = 0;
  while (!over.signal.aborted && !company.signal.aborted) {
    if (lines > 0) company.unsay(lines);
    lines = say(watching, company);
    await Promise.race([entered, paused(systemClock, OFTEN)]);
  }
  if (!(await entered)) company.stop();
}

async function untilThere(watching: Watching, company: Shown): Promise<void> {
  const started = systemClock.monotonic();
  let first: Millis | undefined;
  for (;;) {
    const now = systemClock.monotonic();
    if (hasCome(watching)) first ??= now;
    if (first !== undefined && now - first >= SETTLING) break;
    if (first === undefined && now - started >= company.patience) {
      const why = watching.device()?.reason ?? "it was not heard of";
      throw new FailureError(
        `no value came from the device, so nothing is written: ${why}; --no-watch writes it all the same`,
        { code: "LG111", next: "lwm2m-gateway setup --help" },
      );
    }
    if (company.signal.aborted) return;
    await paused(systemClock, OFTEN);
  }
  say(watching, company);
}

/** Returns how many lines that were. */
function say(watching: Watching, company: Shown): number {
  const device = watching.device();
  const all = device === undefined ? [] : valueLines({ ...device, values: [...shownOf(watching)] }, systemClock.wall());
  const left = all.length - MOST_LINES;
  const state =
    device === undefined
      ? ""
      : `${device.id}: ${device.state}${device.reason === undefined ? "" : `, ${device.reason}`}`;
  const lines = [state, ...all.slice(0, MOST_LINES), ...(left > 0 ? [`    and ${left} more`] : [])];
  for (const line of lines) company.say(line);
  return lines.length;
}

function shownOf(watching: Watching): readonly ValueStatus[] {
  const device = watching.device();
  return device === undefined ? [] : ownValues(device);
}

/** Something of the device itself: a constant says nothing of it. */
function hasCome(watching: Watching): boolean {
  return watching.device()?.lastHeard !== undefined && shownOf(watching).some(({ value }) => value !== undefined);
}

function seen(watching: Watching): SeenValues {
  const values = shownOf(watching).flatMap(({ path, name, value, unit }) =>
    value === undefined ? [] : [{ path, name, value: plainOf(value), ...(unit === undefined ? {} : { unit }) }],
  );
  return { came: hasCome(watching), values };
}

/** As JSON has it. */
function plainOf(value: Value): unknown {
  return typeof value === "object" || typeof value === "bigint" ? valueText(value) : value;
}
