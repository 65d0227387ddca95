/** An outbox over a real history, and what it sent as text. */
import { CODE } from "../../src/coap/codes.ts";
import { NO_PAYLOAD } from "../../src/coap/options.ts";
import { type ObservationId, observationId, reportId } from "../../src/lwm2m/observation-id.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { Delivery } from "../../src/servers/backlog.ts";
import type { Report } from "../../src/servers/debt.ts";
import type { OutboxCounters } from "../../src/servers/outbox.ts";
import type { Composed } from "../../src/servers/outbox-ports.ts";
import { aHistory, makeOutbox } from "./an-outbox.ts";
import { FakeClock, settle } from "./fake-clock.ts";

export const PATH = parsePath("/m/3303/0/5700");
export const A = observationId(1, [PATH]);
export const B = observationId(1, [parsePath("/m/3304/0/5700")]);
export const REPORT = reportId(1, "energy", "m");
export const OTHER_REPORT = reportId(1, "energy", "n");
export const MANY = 1000;

export function report(value: number, confirmable = true): Report {
  return { samples: [{ path: PATH, value, time: 1e12 + value }], confirmable };
}

interface Setup {
  readonly nstart?: number;
  /** How many reports one notification takes. */
  readonly most?: number;
  readonly delivery?: Delivery;
  readonly mute?: boolean;
  readonly carriesTime?: boolean;
  readonly maxMessage?: number;
}

/** An outbox, and what it sent: `number name values`; the name is "send" for a Send. */
export function anOutbox({ nstart = 1, most = MANY, maxMessage = 1024, ...setup }: Setup = {}) {
  const clock = new FakeClock();
  const sent: string[] = [];
  const { history } = aHistory(clock);
  const world = { mute: setup.mute ?? false, carriesTime: setup.carriesTime ?? true, abandoned: [] as number[] };
  const outbox = makeOutbox(
    {
      compose: (_id, reports): Composed => {
        const covered = world.carriesTime ? reports.slice(0, most) : reports.slice(-1);
        return {
          message: { code: CODE.content, options: [], payload: payloadOf(covered) },
          confirmable: covered.some(({ confirmable }) => confirmable),
          covers: world.carriesTime ? covered.length : reports.length,
        };
      },
      transmit: (id, number, { message, confirmable }) => {
        sent.push(`${number} ${NAMES.get(id) ?? id} ${textOf(message.payload)}`);
        if (!confirmable) outbox.onDelivered(number);
      },
      withdraw: (_id, number) => world.abandoned.push(number),
      carriesTime: () => world.carriesTime,
    },
    {
      clock,
      history,
      nstart,
      maxMessage,
      packs: {
        canSend: () => !world.mute,
        delivery: () => (setup.delivery === "send" && world.mute ? "notify" : (setup.delivery ?? "notify")),
        write: (samples) => ({ code: CODE.post, options: [], payload: payloadOf([{ samples, confirmable: true }]) }),
        isThere: () => true,
        transmit: (number, { payload }) => {
          sent.push(`${number} send ${textOf(payload)}`);
          return () => {
            world.abandoned.push(number);
            outbox.onFailed(number);
          };
        },
      },
    },
  );
  const counters = (): Pick<OutboxCounters, "waiting" | "delivered"> & { readonly dropped: number } => {
    const { waiting, delivered, dropped } = outbox.counters;
    const here = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    const there = Object.values(history.dropped(1)).reduce((sum, count) => sum + count, 0);
    return { waiting, delivered, dropped: here + there };
  };
  return { outbox, sent, clock, history, world, counters };
}

const NAMES = new Map<ObservationId, string>([
  [A, "A"],
  [B, "B"],
]);

export function payloadOf(reports: readonly Report[]): Uint8Array {
  const values = reports.flatMap(({ samples }) => samples.map(({ value }) => value));
  return values.length === 0 ? NO_PAYLOAD : new TextEncoder().encode(values.join(","));
}

export function textOf(payload: Uint8Array): string {
  return new TextDecoder().decode(payload);
}

/** Acknowledges everything, until nothing more comes. */
export async function deliverAll(outbox: { onDelivered(number: number): void }, sent: readonly string[], from = 1) {
  for (let number = from; ; number++) {
    for (let turn = 0; turn < 3 && sent.length < number; turn++) await settle();
    if (sent.length < number) return;
    outbox.onDelivered(number);
  }
}

export function valuesOf(line = ""): number[] {
  return (line.split(" ")[2] ?? "").split(",").map(Number);
}
