import assert from "node:assert/strict";
import { test } from "node:test";
import type { Peripheral } from "../../../../adapters/ble/central/session-types.ts";
import { DeviceError, MINUTE, SECOND } from "../../../../src/adapter.ts";
import { aCentral, type CentralWorld } from "../../../support/a-central.ts";
import { settled } from "../../../support/settled.ts";

const SERVICES = { "181a": { "2a6e": { value: "a608" }, "2a6f": { value: "8813" } } };
const TEMPERATURE = { uuid: "2a6e" };
const read = (peripheral: Peripheral): Promise<Uint8Array> => peripheral.read(TEMPERATURE);

/** So long; whoever is there and not connected advertises once a second. */
async function pass({ air, clock }: CentralWorld, seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    for (const { address, absent, connected } of air.peripherals.values())
      if (!absent && !connected) air.advertise(address);
    await clock.advance(SECOND);
  }
}

const reachability = (told: readonly string[]): readonly string[] => told.filter((word) => word.includes("reachable"));

test("subscriptions are made after each connect, in their order; then the device is reachable", async () => {
  const world = aCentral();
  const peripheral = world.air.add("a4", SERVICES);
  const { told } = world.device("a4", { subscriptions: [{ uuid: "2a6f" }, TEMPERATURE] });
  world.central.start();
  await pass(world, 2);
  peripheral.notify("2a6e", "a708");
  peripheral.drop();
  peripheral.set("2a6e", "a808");
  await pass(world, 3);
  assert.ok(peripheral.connected);
  peripheral.notify("2a6e", "a908");
  assert.deepEqual(peripheral.log, ["subscribe 2a6f", "subscribe 2a6e", "subscribe 2a6f", "subscribe 2a6e"]);
  assert.deepEqual(
    told.filter((word) => !word.startsWith("rssi") && !word.startsWith("quality")),
    ["reachable", "2a6e = a708", "2a6e = a908"],
  );
  await world.central.close();
});

test("a subscription that the peripheral lacks is told with what there is, and takes nothing from the others", async () => {
  const world = aCentral();
  const peripheral = world.air.add("a4", SERVICES);
  const { told } = world.device("a4", { subscriptions: [{ uuid: "2a19" }, TEMPERATURE] });
  world.central.start();
  await pass(world, 2);
  assert.ok(told.includes("refused 2a19: it has no 2a19: its services are 181a"), told.join());
  assert.ok(peripheral.notify("2a6e", "a708"));
  assert.deepEqual(reachability(told), ["reachable"]);
  await world.central.close();
});

test("an operation that is not answered disconnects that peripheral alone, which is connected to anew", async () => {
  const world = aCentral();
  const mute = world.air.add("a4", SERVICES);
  world.air.add("b5", SERVICES);
  const [a, b] = [world.device("a4"), world.device("b5")];
  world.central.start();
  await pass(world, 5);
  assert.deepEqual(world.air.connected, ["a4", "b5"]);
  mute.fate = "mute";
  const failed = assert.rejects(
    a.session.use("read", read),
    new DeviceError("unreachable", "read 2a6e: no answer within 10s"),
  );
  await pass(world, 5);
  assert.equal((await b.session.use("read", read)).length, 2, "another is not kept waiting");
  world.air.log.length = 0;
  await pass(world, 5);
  await failed;
  mute.fate = "answered";
  await pass(world, 5);
  assert.deepEqual(world.air.log, ["disconnect a4", "scan active", "stop", "connect a4", "connected a4"]);
  assert.equal((await a.session.use("read", read)).length, 2);
  assert.deepEqual([reachability(a.told), reachability(b.told)], [["reachable"], ["reachable"]]);
  await world.central.close();
});

test("a connection that is lost rejects what runs at once, with the reason; what waits is done on the next", async () => {
  const world = aCentral();
  const peripheral = world.air.add("a4", SERVICES);
  const { session } = world.device("a4");
  world.central.start();
  await pass(world, 2);
  peripheral.fate = "mute";
  const running = assert.rejects(session.use("read", read), new DeviceError("unreachable", "it is out of reach"));
  const waiting = session.use("read", read);
  await world.clock.advance(SECOND);
  const before = world.clock.monotonic();
  peripheral.drop("it is out of reach");
  peripheral.fate = "answered";
  await running;
  assert.equal(world.clock.monotonic(), before);
  await pass(world, 3);
  assert.equal((await waiting).length, 2);
  await world.central.close();
});

test("a loss is told when it lasts for half a minute, while an attempt may still come to something", async () => {
  const world = aCentral({ connectTimeout: MINUTE });
  const peripheral = world.air.add("a4", SERVICES);
  const { told } = world.device("a4");
  world.central.start();
  await pass(world, 15);
  peripheral.absent = true;
  peripheral.drop("it is out of reach");
  await pass(world, 29);
  assert.deepEqual(reachability(told), ["reachable"]);
  await pass(world, 1);
  assert.deepEqual(reachability(told).slice(1), ["unreachable: it is out of reach"]);
  peripheral.absent = false;
  await pass(world, 2 * 60);
  assert.equal(reachability(told).at(-1), "reachable");
  await world.central.close();
});

test("one piece of work has the peripheral for itself, and writes overtake the reads that wait", async () => {
  const world = aCentral();
  const peripheral = world.air.add("a4", SERVICES);
  const { session } = world.device("a4");
  world.central.start();
  await pass(world, 2);
  const both = async (c: Peripheral): Promise<void> => {
    await c.read(TEMPERATURE);
    await c.read({ uuid: "2a6f" });
  };
  const reads = [session.use("read", both), session.use("read", both)];
  const write = session.use("write", (c) => c.write(TEMPERATURE, Buffer.of(1), { response: true }));
  await Promise.all([...reads, write]);
  assert.deepEqual(peripheral.log, ["read 2a6e", "read 2a6f", "write 2a6e 01", "read 2a6e", "read 2a6f"]);
  await world.central.close();
});

test("a device that polls is connected to when it is asked, and let go soon afterwards", async () => {
  const world = aCentral();
  world.air.add("a4", SERVICES);
  const { session } = world.device("a4", { connect: "poll" });
  world.central.start();
  await pass(world, 20);
  assert.deepEqual(world.air.log, ["open"]);
  const asked = session.use("read", read);
  await pass(world, 2);
  assert.equal((await asked).length, 2);
  await pass(world, 20);
  assert.deepEqual(world.air.log.slice(1), [...["scan active", "stop", "connect a4", "connected a4", "disconnect a4"]]);
  await world.central.close();
});

test("a device that is closed as soon as its turn has come does not keep the adapter", async () => {
  const world = aCentral({ scan: "off" });
  for (const address of ["a4", "b5"]) world.air.add(address, SERVICES);
  world.central.start();
  await world.clock.advance(SECOND);
  const { session } = world.device("a4");
  session.close();
  world.device("b5");
  await pass(world, 5);
  assert.deepEqual(world.air.connected, ["b5"]);
  await world.central.close();
});

test("absent devices do not keep others from being connected to", async () => {
  const world = aCentral();
  for (let i = 0; i < 6; i++) {
    world.air.add(`a${i}`, SERVICES).absent = true;
    world.device(`a${i}`);
  }
  const peripheral = world.air.add("b5", SERVICES);
  world.device("b5");
  world.central.start();
  for (let i = 0; i < 20; i++) {
    await pass(world, 45);
    assert.ok(peripheral.connected, `after ${world.clock.monotonic()} ms`);
    peripheral.drop();
  }
  await world.central.close();
});

test("requests to a device that cannot be connected to fail at once from then on, with the reason", async () => {
  const world = aCentral();
  world.air.add("a4", SERVICES).refusal = new DeviceError("rejected", "it will not");
  const { session, told } = world.device("a4");
  world.central.start();
  await pass(world, 2);
  assert.deepEqual(reachability(told), ["unreachable: not connected: it will not"]);
  await assert.rejects(session.use("read", read), new DeviceError("rejected", "not connected: it will not"));
  await world.central.close();
});

test("what waits is bounded, in number and in time", async () => {
  const world = aCentral();
  const { session } = world.device("a4", { connect: "poll", address: () => undefined });
  world.central.start();
  const late = new DeviceError("unreachable", "no turn within 1m: it was not heard");
  const waiting = Array.from({ length: 256 }, () => assert.rejects(session.use("read", read), late));
  await assert.rejects(
    session.use("read", read),
    new DeviceError("rejected", "it is overloaded: 256 requests wait already"),
  );
  assert.equal(world.central.report().lines[0]?.waiting, 256);
  await settled(Promise.all(waiting), world.clock);
  assert.equal(world.clock.monotonic(), MINUTE);
  assert.equal(world.central.report().lines[0]?.waiting, 0);
  await world.central.close();
});

test("after close what waits has failed, the connection is over, and nothing is told", async () => {
  const world = aCentral();
  const peripheral = world.air.add("a4", SERVICES);
  const { session, told } = world.device("a4");
  world.central.start();
  await pass(world, 2);
  peripheral.fate = "mute";
  const detached = new DeviceError("unreachable", "the device was detached");
  const ends = Promise.all([1, 2].map(() => assert.rejects(session.use("read", read), detached)));
  await world.clock.advance(SECOND);
  session.close();
  await ends;
  const { length } = told;
  await assert.rejects(session.use("read", read), detached);
  await pass(world, 120);
  assert.deepEqual([told.length, world.air.connected], [length, []]);
  await world.central.close();
});
