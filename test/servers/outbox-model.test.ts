/** Random lives of an outbox over a real history: whatever happens, nothing that was acknowledged is sent again, and nothing else is lost. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type ObservationId, observationId, reportId } from "../../src/lwm2m/observation-id.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { Delivery } from "../../src/servers/backlog.ts";
import type { Report } from "../../src/servers/debt.ts";
import type { Outbox } from "../../src/servers/outbox.ts";
import { aHistory, makeOutbox } from "../support/an-outbox.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";

const IDS: readonly ObservationId[] = [
  observationId(1, [parsePath("/m/3303/0/5700")]),
  observationId(1, [parsePath("/n/3303/0/5700")]),
  reportId(1, "energy", "m"),
];
const PLENTY = 1_000_000;

type Step =
  | { readonly type: "add"; readonly id: number; readonly many: number; readonly confirmable: boolean }
  | { readonly type: "settle"; readonly ok: boolean; readonly which: number }
  | { readonly type: "hold" | "release" | "supersede"; readonly id: number }
  | { readonly type: "resume" | "pause" | "rest" | "mute" | "wait" };

const id = fc.nat(IDS.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("add" as const),
      id,
      many: fc.integer({ min: 1, max: 70 }),
      confirmable: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant("settle" as const), ok: fc.boolean(), which: fc.nat(3) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom("hold" as const, "release" as const, "supersede" as const), id }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom(
        "resume" as const,
        "resume" as const,
        "pause" as const,
        "rest" as const,
        "mute" as const,
        "wait" as const,
      ),
    }),
  },
);

class World {
  readonly clock = new FakeClock();
  readonly outbox: Outbox;
  /** By number: which values are on their way. */
  readonly flying = new Map<number, readonly number[]>();
  /** The notification of an observation that is on its way. */
  private readonly notifications = new Map<ObservationId, number>();
  readonly acknowledged = new Set<number>();
  readonly added: number[] = [];
  muted = false;
  private readonly observed = new Set<ObservationId>(IDS.slice(0, 2));

  constructor(delivery: Delivery, carriesTime: boolean) {
    const { history } = aHistory(this.clock);
    const send = (number: number, reports: readonly Report[]): void => {
      const values = reports.flatMap(({ samples }) => samples.map(({ value }) => Number(value)));
      for (const value of values) assert.ok(!this.acknowledged.has(value), `${value} was acknowledged`);
      assert.equal(new Set(values).size, values.length);
      this.flying.set(number, values);
    };
    this.outbox = makeOutbox(
      {
        withdraw: (_id, number) => this.flying.delete(number),
        carriesTime: (id) => (this.observed.has(id) ? carriesTime : undefined),
        compose: (id, reports) => {
          if (!this.observed.has(id)) return undefined;
          const told = carriesTime ? reports.slice(0, 40) : reports.slice(-1);
          this.composed = told;
          const confirmable = told.some((report) => report.confirmable);
          const message = { code: CODE.content, options: [], payload: new Uint8Array(8 * told.length) };
          return { message, confirmable, covers: carriesTime ? told.length : reports.length };
        },
        transmit: (id, number, { confirmable }) => {
          this.notifications.set(id, number);
          send(number, this.composed);
          if (!confirmable) this.end(number, true);
        },
      },
      {
        clock: this.clock,
        history,
        nstart: 2,
        packs: {
          canSend: () => !this.muted,
          delivery: () => (delivery === "send" && this.muted ? "notify" : delivery),
          isThere: () => true,
          write: (samples) => {
            this.packed = samples.map((sample) => ({ samples: [sample], confirmable: true }));
            return { code: CODE.post, options: [], payload: new Uint8Array(16 * samples.length) };
          },
          transmit: (number) => {
            send(number, this.packed);
            return () => this.end(number, false);
          },
        },
      },
    );
  }

  private composed: readonly Report[] = [];
  private packed: readonly Report[] = [];

  end(number: number, ok: boolean): void {
    const values = this.flying.get(number);
    if (values === undefined) return;
    this.flying.delete(number);
    if (ok) for (const value of values) this.acknowledged.add(value);
    if (ok) this.outbox.onDelivered(number);
    else this.outbox.onFailed(number);
  }

  async perform(step: Step): Promise<void> {
    switch (step.type) {
      case "add":
        this.add(IDS[step.id], step.many, step.confirmable);
        break;
      case "settle": {
        const number = [...this.flying.keys()][step.which];
        if (number !== undefined) this.end(number, step.ok);
        break;
      }
      case "hold":
      case "release":
      case "supersede":
        this.change(step.type, IDS[step.id]);
        break;
      case "mute":
        this.muted = !this.muted;
        this.outbox.kick();
        break;
      case "wait":
        await this.clock.advance(2 * SECOND);
        break;
      case "resume":
      case "pause":
      case "rest":
        this.outbox[step.type]();
        break;
      default:
        step satisfies never;
    }
    await settle();
  }

  /** The end of all troubles: everything that can be delivered is. */
  async finish(): Promise<void> {
    this.muted = false;
    for (const id of IDS) this.change("release", id);
    this.outbox.resume();
    this.outbox.kick();
    for (let quiet = 0; quiet < 3; ) {
      const [number] = this.flying.keys();
      const before = this.acknowledged.size;
      if (number !== undefined) this.end(number, true);
      await this.clock.advance(3 * SECOND);
      quiet = number === undefined && this.acknowledged.size === before ? quiet + 1 : 0;
    }
  }

  private add(id: ObservationId | undefined, many: number, confirmable: boolean): void {
    if (id === undefined || (id !== IDS[2] && !this.observed.has(id))) return;
    for (let i = 0; i < many; i++) {
      const value = this.added.length;
      this.added.push(value);
      const sample = { path: parsePath("/m/3303/0/5700"), value, time: 1e12 + value };
      this.outbox.add(id, { samples: [sample], confirmable }, PLENTY);
    }
  }

  private change(type: "hold" | "release" | "supersede", id: ObservationId | undefined): void {
    if (id === undefined || id === IDS[2]) return;
    // The endpoint drops what is on its way of an exchange that ends: no acknowledgement of it counts any more.
    if (type !== "release") this.flying.delete(this.notifications.get(id) ?? -1);
    if (type === "hold") this.observed.delete(id);
    if (type === "release") this.observed.add(id);
    this.outbox[type](id);
  }
}

for (const delivery of ["send", "notify", "replay"] as const) {
  for (const carriesTime of [true, false]) {
    // Without times and without Send the history waits: that is so, and shown elsewhere.
    if (delivery === "notify" && !carriesTime) continue;
    test(`${delivery}, ${carriesTime ? "with" : "without"} times: nothing is lost, nothing acknowledged comes again`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const world = new World(delivery, carriesTime);
          for (const one of steps) await world.perform(one);
          await world.finish();
          const missing = world.added.filter((value) => !world.acknowledged.has(value));
          assert.deepEqual(missing, []);
          assert.equal(world.outbox.counters.waiting, 0);
        }),
        { numRuns: 25 },
      );
    });
  }
}
