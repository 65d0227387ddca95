/** The decisions of `Observations` and `AttributeStore` are those of a model that is slow and plain. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Millis, SECOND } from "../../src/clock.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { AttributeStore } from "../../src/lwm2m/attribute-store.ts";
import { type Attributes, applyChanges, parseAttributes } from "../../src/lwm2m/attributes.ts";
import type { TypeOf } from "../../src/lwm2m/formats/codec.ts";
import { type ObservationId, observationId } from "../../src/lwm2m/observation-id.ts";
import { type ObservationEffect, type ObservationEvent, Observations } from "../../src/lwm2m/observations.ts";
import { pathParts } from "../../src/lwm2m/path.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import { TIMEOUT, type Timeout } from "../../src/machine.ts";
import { at } from "../support/fake-backing.ts";
import { areLimitsApart, isBelow, NotificationModel, spelled, type Told } from "../support/notification-model.ts";

/** All attributes are whole seconds and all events lie on ticks, so that all that is due does. */
const TICK: Millis = 250;

const tenth = (span: number) => fc.integer({ min: -span, max: span }).map((n) => n / 10);
const long = fc.integer({ min: -3, max: 3 }).map((n) => 9_007_199_254_740_993n + BigInt(n));
/** What can be measured. */
const LEAVES: Readonly<Record<string, fc.Arbitrary<Value>>> = {
  "/d01/3303/0/5700": tenth(5),
  "/d01/3303/0/5701": fc.constantFrom("Cel", "K"),
  "/d01/3303/1/5700": fc.oneof(tenth(5), long),
  "/d01/3311/0/5850": fc.boolean(),
  "/d01/3/0/7/0": tenth(5),
  "/d01/3/0/7/1": tenth(5),
  "/d01/3338/0/1/0": fc.boolean(),
  "/d01/3338/0/1/1": fc.boolean(),
  "/d02/3303/0/5700": tenth(5),
  "/3303/0/5700": tenth(5),
};
/** What is known before anything happens; the others come later. */
const START = [
  "/d01/3303/0/5700",
  "/d01/3303/1/5700",
  "/d01/3311/0/5850",
  "/d01/3/0/7/0",
  "/d01/3338/0/1/0",
  "/3303/0/5700",
];

const seconds = fc.constantFrom("0", "1", "2", "3", "5");
const limit = fc.oneof(tenth(5).map(String), long.map(String));
const bit = fc.constantFrom("0", "1");
const ARBITRARY: Readonly<Record<string, fc.Arbitrary<string>>> = {
  pmin: seconds,
  pmax: seconds,
  epmin: seconds,
  epmax: seconds,
  gt: limit,
  lt: limit,
  st: tenth(5).map((step) => String(Math.abs(step))),
  edge: bit,
  con: bit,
  hqmax: fc.constantFrom("0", "3", "10"),
};
const TIMES = ["pmin", "pmax", "epmin", "epmax", "con"];

function queries(names: readonly string[], bare: boolean): fc.Arbitrary<string[]> {
  const one = names.map((name) => {
    const set = (ARBITRARY[name] ?? fc.constant("")).map((value) => `${name}=${value}`);
    return bare ? fc.oneof({ weight: 3, arbitrary: set }, { weight: 1, arbitrary: fc.constant(name) }) : set;
  });
  return fc.subarray(one, { minLength: 1, maxLength: 3 }).chain((chosen) => fc.tuple(...chosen));
}

/** Where events happen, and which attributes are written there: in a small world they meet more often. */
interface World {
  readonly leaves: readonly string[];
  readonly attributes: readonly string[];
}

function eventsIn({ leaves, attributes }: World) {
  const paths = fc.constantFrom(...new Set(leaves.flatMap((leaf) => [leaf, ...above(leaf)])));
  const sample = (path: string) => (LEAVES[path] ?? fc.constant(0)).map((value) => [path, value] as const);
  const measured = fc.record({
    type: fc.constant("measure" as const),
    values: fc
      .uniqueArray(fc.constantFrom(...leaves), { minLength: 1, maxLength: 2 })
      .chain((some) => fc.tuple(...some.map(sample))),
    gone: fc.oneof(
      { weight: 15, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: fc.subarray([...leaves], { maxLength: 1 }) },
    ),
  });
  const observed = fc.record({
    type: fc.constant("observe" as const),
    paths: fc.uniqueArray(paths, { minLength: 1, maxLength: 3 }),
    composite: fc.boolean(),
    attributes: fc.option(queries(TIMES, false), { nil: undefined }),
  });
  const written = { type: fc.constant("write" as const), path: paths, queries: queries(attributes, true) };
  return fc.oneof(
    { weight: 24, arbitrary: measured },
    { weight: 6, arbitrary: observed },
    { weight: 6, arbitrary: fc.record(written) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("cancel" as const), which: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("remove" as const), path: paths }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("defaults" as const), queries: queries(TIMES, false) }) },
  );
}
type Event = ReturnType<typeof eventsIn> extends fc.Arbitrary<infer T> ? T : never;

/** What the program told, and what the model did. */
type Pair = readonly [actual: readonly Told[], expected: readonly Told[]];

/** Both sides, given the same events at the same times. */
class Both {
  private readonly model = new NotificationModel();
  private defaults: Attributes = {};
  private readonly store = new AttributeStore(() => this.defaults);
  private readonly machine = new Observations(this.store);
  private readonly ids: ObservationId[] = [];
  private now: Millis = 0;

  run(ticks: number): void {
    for (let tick = 0; tick < ticks; tick++) {
      this.now += TICK;
      this.model.now = this.now;
      const { deadline } = this.machine;
      assert.ok(deadline === undefined || deadline >= this.now, `nothing is due at ${deadline}`);
      this.compare(deadline === this.now ? this.feed(TIMEOUT) : [], this.model.tick());
    }
  }

  handle(event: Event): void {
    const [actual, expected] = this.tell(event);
    this.compare(actual, expected);
  }

  private tell(event: Event): Pair {
    switch (event.type) {
      case "measure": {
        const { values, gone } = event;
        for (const path of gone) this.store.remove(at(path));
        const samples = values.map(([path, value]) => ({ path: at(path), value, time: 0 }));
        const told = this.feed({ type: "changed", samples, gone: gone.map(at) });
        return [told, this.model.measure(new Map(values), gone)];
      }
      case "observe":
        return this.observe(event);
      case "cancel": {
        const id = this.ids[event.which % Math.max(1, this.ids.length)];
        return id === undefined ? [[], []] : [this.feed({ type: "cancel", id }), this.model.cancel(id)];
      }
      case "remove":
        this.store.remove(at(event.path));
        return [this.feed({ type: "removed", path: at(event.path) }), this.model.remove(event.path)];
      case "write":
        return this.write(event.path, event.queries);
      case "defaults":
        this.defaults = applyChanges({}, parseAttributes(event.queries));
        this.model.defaults = { ...this.defaults };
        return [this.feed({ type: "attributesChanged" }), this.model.judgeAnew()];
    }
  }

  private observe({ paths, composite, attributes }: Event & { readonly type: "observe" }): Pair {
    const chosen = composite ? paths : paths.slice(0, 1);
    const list = chosen.map(at);
    const id = observationId(1, list, composite);
    this.ids.push(id);
    const requested = attributes === undefined ? undefined : applyChanges({}, parseAttributes(attributes));
    const samples = [...this.model.world]
      .filter(([path]) => chosen.some((observed) => isBelow(path, observed)))
      .map(([path, value]) => ({ path: at(path), value, time: 0 }));
    const asked = requested === undefined ? {} : { attributes: requested };
    const told = this.feed({ type: "observe", id, paths: list, composite, samples, ...asked });
    const model = { id, paths: chosen, composite, requested: requested === undefined ? undefined : { ...requested } };
    return [told, this.model.observe(model)];
  }

  /** All or nothing, by what would stand at that level afterwards. */
  private write(path: string, queries: readonly string[]): Pair {
    const changes = parseAttributes(queries);
    const wanted: Record<string, number | bigint> = { ...this.model.attached.get(path) };
    for (const [name, value] of changes) {
      if (value === undefined) delete wanted[name];
      else wanted[name] = value;
    }
    let refused = false;
    try {
      this.store.set(at(path), changes, { typeOf, check: () => {} });
    } catch (error) {
      assert.ok(error instanceof Lwm2mError);
      refused = true;
    }
    assert.equal(refused, !mayStand(wanted, path), `${spelled(wanted)} at ${path}`);
    if (!refused) this.model.attached.set(path, wanted);
    return [this.feed({ type: "attributesChanged", path: at(path) }), this.model.judgeAnew()];
  }

  private feed(event: ObservationEvent | Timeout): Told[] {
    return this.machine.handle(event, this.now).flatMap(toldOf);
  }

  private compare(actual: readonly Told[], expected: readonly Told[]): void {
    const sorted = (told: readonly Told[]) => told.toSorted((a, b) => key(a).localeCompare(key(b)));
    assert.deepEqual(sorted(actual), sorted(expected), `at ${this.now / SECOND} s`);
  }
}

const WORLDS: Readonly<Record<string, World>> = {
  "over values of all kinds, attributes of all levels, ends and composites": {
    leaves: Object.keys(LEAVES),
    attributes: Object.keys(ARBITRARY),
  },
  "of a number": { leaves: ["/d01/3303/0/5700"], attributes: ["pmin", "epmin", "gt", "lt", "st"] },
  "of 64-bit integers": { leaves: ["/d01/3303/1/5700"], attributes: ["pmin", "gt", "lt", "st"] },
  "of instances of a resource": { leaves: ["/d01/3/0/7/0", "/d01/3/0/7/1"], attributes: [...TIMES, "gt", "lt", "st"] },
  "of a boolean": { leaves: ["/d01/3311/0/5850"], attributes: ["pmin", "epmin", "edge"] },
  "of instances of a boolean resource": {
    leaves: ["/d01/3338/0/1/0", "/d01/3338/0/1/1"],
    attributes: ["pmin", "epmin", "edge"],
  },
  "of the gateway's own": { leaves: ["/3303/0/5700"], attributes: [...TIMES, "st"] },
};

for (const [of, world] of Object.entries(WORLDS)) {
  test(`each decision is that of the plain model: ${of}`, () => {
    const step = fc.record({ after: fc.nat(6), event: eventsIn(world) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
        const both = new Both();
        both.handle({ type: "measure", values: START.map((path) => [path, firstOf(path)] as const), gone: [] });
        for (const { after, event } of steps) {
          both.run(after);
          both.handle(event);
        }
        both.run(60);
      }),
      { numRuns: 100 },
    );
  });
}

function firstOf(path: string): Value {
  return typeOf(at(path))?.type === "boolean" ? false : 0;
}

/** Which attributes may stand at a path: Core 1.2 §5.1.2. */
function mayStand(attributes: Readonly<Record<string, number | bigint>>, path: string): boolean {
  const { epmin, epmax } = attributes;
  if (epmin !== undefined && epmax !== undefined && epmin >= epmax) return false;
  const judging = ["gt", "lt", "st", "edge"].filter((name) => attributes[name] !== undefined);
  const type = typeOf(at(path))?.type;
  if (judging.length > 0 && type === undefined) return false;
  return judging.every((name) => type === (name === "edge" ? "boolean" : "float")) && areLimitsApart(attributes);
}

const typeOf: TypeOf = (path) => {
  const { resource } = pathParts(path);
  if (resource === undefined) return undefined;
  const type = resource === 5701 ? "string" : resource === 5850 || resource === 1 ? "boolean" : "float";
  return { type, multiple: resource === 7 || resource === 1 };
};

function above(path: string): string[] {
  const [, prefix = "", ...ids] = path.split("/");
  const all = /^[0-9]/.test(prefix) ? [prefix, ...ids] : ids;
  const start = /^[0-9]/.test(prefix) ? "" : `/${prefix}`;
  return all.slice(0, -1).map((_, i) => `${start}/${all.slice(0, i + 1).join("/")}`);
}

function toldOf(effect: ObservationEffect): Told[] {
  switch (effect.type) {
    case "evaluation":
      return [];
    case "ended":
    case "refresh":
      return [effect];
    case "due": {
      const { type, id, samples, triggered, keep, confirmable } = effect;
      const values = new Map(samples.map(({ path, value }) => [path as string, value]));
      return [{ type, id, samples: spelled(values), triggered: [...triggered].sort(), keep, confirmable }];
    }
  }
}

function key({ type, id }: Told): string {
  return `${type} ${id}`;
}
