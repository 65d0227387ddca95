/** Whatever the air does: every request settles, places are not exceeded, who is there is connected to, and who left hears nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Urgency } from "../../../../adapters/ble/central/session-types.ts";
import { DeviceError } from "../../../../src/adapter.ts";
import { MINUTE, SECOND } from "../../../../src/clock.ts";
import { aCentral, type CentralWorld, type NotingDevice } from "../../../support/a-central.ts";
import type { Fate } from "../../../support/scripted-radio.ts";

type Step =
  | { readonly do: "pass"; readonly seconds: number }
  | { readonly do: "use"; readonly device: number; readonly urgency: Urgency }
  | { readonly do: "fate"; readonly device: number; readonly fate: Fate }
  | { readonly do: "absent" | "refuse" | "drop" | "return"; readonly device: number }
  | { readonly do: "unplug" | "plug" | "sick" | "well" }
  | { readonly do: "limit"; readonly limit: number }
  | { readonly do: "close"; readonly device: number };

const device = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("pass"), seconds: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("use"), device, urgency: fc.constantFrom<Urgency>("read", "write") }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("fate"),
      device,
      fate: fc.constantFrom<Fate>("answered", "mute", "refused"),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("absent", "refuse", "drop", "return"), device }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("unplug", "plug", "sick", "well") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("limit"), limit: fc.integer({ min: 0, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close"), device }) },
);

/** The most that a request may take: its turn, the connect before it, the work, and what the radio gets on top. */
const LONGEST = 3 * MINUTE;

class Model {
  readonly world: CentralWorld;
  readonly devices: NotingDevice[];
  readonly closed = new Map<number, number>();
  private readonly pending = new Map<Promise<unknown>, number>();

  constructor(world: CentralWorld) {
    this.world = world;
    const services = { "181a": { "2a6e": { value: "a608" } } };
    this.devices = Array.from({ length: 6 }, (_, i) => {
      world.air.add(`a${i}`, services);
      return world.device(`a${i}`, { connect: i % 2 === 0 ? "keep" : "poll", subscriptions: [{ uuid: "2a6e" }] });
    });
  }

  async take(one: Step): Promise<void> {
    const { air } = this.world;
    const peripheral = "device" in one ? air.peripherals.get(`a${one.device}`) : undefined;
    switch (one.do) {
      case "pass":
        return await this.pass(one.seconds);
      case "use":
        return this.use(one.device, one.urgency);
      case "fate":
        if (peripheral !== undefined) peripheral.fate = one.fate;
        return;
      case "absent":
        if (peripheral !== undefined) peripheral.absent = true;
        return peripheral?.drop();
      case "refuse":
        if (peripheral !== undefined) peripheral.refusal = new DeviceError("rejected", "it will not");
        return;
      case "drop":
        return peripheral?.drop();
      case "return":
        return this.heal(one.device);
      case "unplug":
        return air.fault === undefined ? air.unplug() : undefined;
      case "plug":
        return air.fault === undefined ? undefined : air.plug();
      case "sick":
      case "well":
        air.healthy = one.do === "well";
        return;
      case "limit":
        air.limit = one.limit;
        return;
      case "close":
        return this.close(one.device);
      default:
        one satisfies never;
    }
  }

  /** Everybody who is there, and not connected, advertises once a second. */
  async pass(seconds: number): Promise<void> {
    const { air, clock } = this.world;
    for (let i = 0; i < seconds; i++) {
      for (const { address, absent, connected } of air.peripherals.values()) {
        if (!absent && !connected) air.advertise(address);
      }
      await clock.advance(SECOND);
      for (const [, begun] of this.pending)
        assert.ok(clock.monotonic() - begun <= LONGEST, "a request does not settle");
    }
  }

  async healAll(): Promise<void> {
    const { air } = this.world;
    air.limit = Number.POSITIVE_INFINITY;
    air.healthy = true;
    if (air.fault !== undefined) air.plug();
    for (let i = 0; i < this.devices.length; i++) this.heal(i);
    await this.pass(20 * 60);
  }

  private heal(index: number): void {
    const peripheral = this.world.air.peripherals.get(`a${index}`);
    if (peripheral !== undefined) Object.assign(peripheral, { absent: false, refusal: undefined, fate: "answered" });
  }

  private use(index: number, urgency: Urgency): void {
    const asked = this.devices[index]?.session.use(urgency, (peripheral) => peripheral.read({ uuid: "2a6e" }));
    if (asked === undefined) return;
    this.pending.set(asked, this.world.clock.monotonic());
    asked
      .catch((error: unknown) => assert.ok(error instanceof DeviceError, String(error)))
      .finally(() => this.pending.delete(asked));
  }

  private close(index: number): void {
    const { session, told } = this.devices[index] ?? assert.fail();
    session.close();
    if (!this.closed.has(index)) this.closed.set(index, told.length);
  }
}

for (const connections of [1, 2, 4]) {
  test(`with ${connections} at once, whatever happens in the air and to the adapter`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.constantFrom("active", "off"), async (steps, scan) => {
        const world = aCentral({ connections, scan });
        const model = new Model(world);
        world.central.start();
        for (const one of steps) await model.take(one);
        const then = new Set(world.air.connected);
        const from = world.air.log.length;
        await model.healAll();
        const since = world.air.log.slice(from);
        model.devices.forEach(({ told }, i) => {
          const closed = model.closed.get(i);
          assert.equal(told.length, closed ?? told.length, "told after close");
          if (closed !== undefined || i % 2 === 1) return;
          assert.ok(then.has(`a${i}`) || since.includes(`connected a${i}`), `a${i} was not connected to`);
          assert.equal(
            told.findLast((word) => word.includes("reachable")),
            "reachable",
          );
        });
        assert.ok(world.air.mostConnections <= connections);
        await world.central.close();
        const lengths = model.devices.map(({ told }) => told.length);
        await model.pass(5 * 60);
        assert.deepEqual(
          model.devices.map(({ told }) => told.length),
          lengths,
        );
        assert.deepEqual(world.air.connected, []);
      }),
      { numRuns: 15 },
    );
  });
}
