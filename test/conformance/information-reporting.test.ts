/**
 * The cases 300 to 399 of the OMA Enabler Test Specification "LightweightM2M INT" 1.2, information reporting: on the gateway's
 * own objects, and on those of a device under its prefix.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { MINUTE, type Millis, SECOND } from "../../src/clock.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import type { Notification } from "../support/scripted-asks.ts";

/** A device of configuration C.4: two power sources with voltage and current, polled each second. */
const DEVICE = `
format: 1
mapping: c4-device
protocol: modbus
params:
  unit_id: { type: int, range: [1, 247], default: 1 }
modbus: { unit_id: $unit_id }
every: { normal: 1s }
objects:
  3:
    power_source_voltage[0]: { input: 0, as: u16, unit: mV }
    power_source_voltage[1]: { input: 1, as: u16, unit: mV }
    power_source_current[0]: { input: 2, as: u16, unit: mA }
    power_source_current[1]: { input: 3, as: u16, unit: mA }
    battery_level: { input: 4, as: u16 }
`;

/** Where a case runs: two resources that are observed. */
interface Place {
  readonly name: string;
  readonly first: string;
  readonly second: string;
}

/** The gateway has no power source of its own: its clock, and the memory that is free, stand for voltage and current. */
const PLACES: readonly Place[] = [
  { name: "the gateway", first: "/3/0/13", second: "/3/0/10" },
  { name: "a device under its prefix", first: "/dev-1/3/0/7", second: "/dev-1/3/0/8" },
];

function aReporter(t: TestContext): Promise<AGateway> {
  return aGateway(t, {
    devices: ["{ id: dev-1, mapping: c4-device, link: bus, unit_id: 1, stored_objects: [16] }"],
    gateway: "stored_objects: [16]",
    mappings: { "c4-device": DEVICE },
    prepare: ({ meter }) => meter.set("3/0/7/0", 3800).set("3/0/7/1", 5000).set("3/0/8/0", 125).set("3/0/9", 90),
  });
}

/** The pauses between these notifications, the first after `since`, in seconds. */
function pauses(since: number, notifications: readonly Notification[]): number[] {
  const times = [since, ...notifications.map(({ at }) => at)];
  return times.slice(1).map((at, i) => (at - (times[i] ?? 0)) / SECOND);
}

/** That something came in the time, and each after a pause within the bounds, in seconds. */
function assertWithin(found: readonly number[], [least, most]: readonly [number, number], span: Millis): void {
  assert.ok(found.length >= Math.floor(span / SECOND / most), `${found.length} notifications`);
  for (const pause of found)
    assert.ok(pause >= least && pause <= most + 0.5, `${pause} s is outside ${least} to ${most} s`);
}

for (const { name, first, second } of PLACES) {
  test(`LightweightM2M-1.1-int-301: notifications come within pmin and pmax, of ${name}`, async (t) => {
    const { clock, meter, server } = await aReporter(t);
    assert.equal((await server.writeAttributes(first, "pmin=5", "pmax=15")).code, "2.04");
    assert.equal((await server.writeAttributes(second, "pmin=10", "pmax=20")).code, "2.04");
    const one = await server.observe(first);
    const two = await server.observe(second);
    assert.deepEqual([one.code, two.code], ["2.05", "2.05"]);
    for (let i = 0; i < 300; i++) {
      // Quiet and busy minutes in turn: the one is bounded by pmax, the other by pmin.
      if (i % 120 < 60) meter.set("3/0/7/0", 3800 + i).set("3/0/8/0", 125 + i);
      await clock.advance(SECOND);
    }
    assertWithin(pauses(one.at, server.notified(first)), [5, 15], 5 * MINUTE);
    assertWithin(pauses(two.at, server.notified(second)), [10, 20], 5 * MINUTE);
    for (const { code, format } of server.notifications) assert.deepEqual([code, format], ["2.05", one.format]);
  });

  test(`LightweightM2M-1.1-int-302: a Reset of a notification ends the observation, of ${name}`, async (t) => {
    const { clock, gateway, server } = await aReporter(t);
    await server.observe(first, { pmin: 5, pmax: 15 });
    await server.observe(second, { pmin: 5, pmax: 15 });
    await clock.advance(20 * SECOND);
    assert.ok(server.notified(first).length > 0);
    await server.cancel(first, "forget");
    await clock.advance(MINUTE);
    const before = { first: server.notified(first).length, second: server.notified(second).length };
    const packets = server.packets.length;
    await clock.advance(MINUTE);
    assert.equal(server.notified(first).length, before.first);
    assert.ok(server.notified(second).length > before.second, "the other goes on");
    const resets = server.packets.slice(packets).filter(({ message }) => message.type === 3);
    assert.deepEqual(resets, [], "nothing more is sent that must be refused");
    assert.deepEqual(gateway.status().servers[0]?.observations, [second]);
  });

  test(`LightweightM2M-1.1-int-303: an Observe with 1 ends the observation of its token, of ${name}`, async (t) => {
    const { clock, gateway, server } = await aReporter(t);
    await server.observe(first, { pmin: 5, pmax: 15 });
    await server.observe(second, { pmin: 5, pmax: 15 });
    await clock.advance(20 * SECOND);
    const heard = server.notified(first).length;
    assert.ok(heard > 0);
    const answer = await server.cancel(first);
    assert.equal(answer?.code, "2.05", "it answers as a Read");
    assert.ok(Object.keys(answer?.values ?? {}).length > 0);
    await clock.advance(MINUTE);
    assert.equal(server.notified(first).length, heard);
    assert.deepEqual(gateway.status().servers[0]?.observations, [second]);
    await server.cancel(second);
    assert.deepEqual(gateway.status().servers[0]?.observations, []);
  });

  test(`LightweightM2M-1.2-int-312: the attributes of the Observe itself count, of ${name}`, async (t) => {
    const { clock, server } = await aReporter(t);
    const answer = await server.observe(first, { pmin: 5, pmax: 15 });
    assert.equal(answer.code, "2.05");
    await clock.advance(3 * MINUTE);
    assertWithin(pauses(answer.at, server.notified(first)), [5, 15], 3 * MINUTE);
    const links = await server.discover(first);
    assert.doesNotMatch(links.text, /pmin|pmax/, "they are attached to nothing");
  });

  test(`LightweightM2M-1.2-int-313: the attributes of the Observe stand over those that were written, of ${name}`, async (t) => {
    const { clock, server } = await aReporter(t);
    assert.equal((await server.writeAttributes(first, "pmax=60")).code, "2.04");
    const answer = await server.observe(first, { pmax: 10 });
    await clock.advance(3 * MINUTE);
    assertWithin(pauses(answer.at, server.notified(first)), [0, 10], 3 * MINUTE);
    assert.match((await server.discover(first)).text, /^<[^>]*>(;dim=2)?;pmax=60/, "what was written stays");
    assert.equal((await server.cancel(first))?.code, "2.05");
    const plain = await server.observe(first);
    server.notifications.length = 0;
    await clock.advance(5 * MINUTE);
    assertWithin(pauses(plain.at, server.notified(first)), [60, 60], 5 * MINUTE);
  });
}

/** What composite observations name: the last changes with the first voltage of the device. */
const SETS: readonly { readonly name: string; readonly prefix: string; readonly paths: readonly string[] }[] = [
  { name: "the gateway", prefix: "", paths: ["/1/0/1", "/3/0/16", "/3/0/13"] },
  { name: "a device under its prefix", prefix: "/dev-1", paths: ["/dev-1/3/0/9", "/dev-1/3/0/7/0"] },
  { name: "both together", prefix: "/dev-1", paths: ["/3/0/16", "/3/0/11/0", "/dev-1/3/0/7/0"] },
];

for (const { name, paths, prefix } of SETS) {
  test(`LightweightM2M-1.1-int-304: an Observe-Composite is answered and notified with all its paths, of ${name}`, async (t) => {
    const { clock, meter, server } = await aReporter(t);
    assert.equal((await server.write("/1/0/2", 30)).code, "2.04");
    assert.equal((await server.write("/1/0/3", 45)).code, "2.04");
    const first = await server.observeComposite(paths);
    assert.deepEqual([first.code, Object.keys(first.values).sort()], ["2.05", [...paths].sort()]);
    for (let i = 0; i < 240; i++) {
      if (i % 120 < 60) meter.set("3/0/7/0", 3800 + i);
      await clock.advance(SECOND);
    }
    const notified = server.notified(paths.join(" "));
    assertWithin(pauses(first.at, notified), [30, 45], 4 * MINUTE);
    for (const { code, values } of notified) {
      assert.deepEqual([code, Object.keys(values).sort()], ["2.05", [...paths].sort()]);
    }
  });

  for (const how of ["deregister", "forget"] as const) {
    const way = how === "deregister" ? "Observe 1 and the same list" : "a Reset";
    test(`LightweightM2M-1.1-int-305: an Observe-Composite ends by ${way}, of ${name}`, async (t) => {
      const { clock, gateway, meter, server } = await aReporter(t);
      await server.observeComposite(paths, { pmin: 1, pmax: 10 });
      await clock.advance(15 * SECOND);
      assert.equal(server.notified(paths.join(" ")).length, 1);
      const answer = await server.cancelComposite(paths, how);
      if (how === "deregister") assert.deepEqual(Object.keys(answer?.values ?? {}).sort(), [...paths].sort());
      meter.set("3/0/7/0", 4000);
      await clock.advance(MINUTE);
      assert.equal(server.notified(paths.join(" ")).length, 1);
      assert.deepEqual(gateway.status().servers[0]?.observations, []);
    });
  }

  test(`LightweightM2M-1.1-int-308: what a Create makes appears in an Observe-Composite, of ${name}`, async (t) => {
    const { clock, server } = await aReporter(t);
    const made = `${prefix}/16/1`;
    const observed = [...paths, made];
    const first = await server.observeComposite(observed, { pmax: 45 });
    assert.deepEqual(Object.keys(first.values).sort(), [...paths].sort(), "it is not there yet");
    assert.equal((await server.create(`${prefix}/16`, { [`${made}/0/0`]: "hall 4" })).code, "2.01");
    await clock.advance(SECOND);
    const [news] = server.notified(observed.join(" "));
    assert.deepEqual(Object.keys(news?.values ?? {}).sort(), [...paths, `${made}/0/0`].sort());
    assert.equal(news?.values[`${made}/0/0`], "hall 4");
  });

  test(`LightweightM2M-1.1-int-309: what a Delete takes away leaves an Observe-Composite, which lives on, of ${name}`, async (t) => {
    const { clock, gateway, server } = await aReporter(t);
    const gone = `${prefix}/16/1`;
    const observed = [...paths, gone];
    await server.create(`${prefix}/16`, { [`${gone}/0/0`]: "hall 4" });
    const first = await server.observeComposite(observed, { pmax: 45 });
    assert.equal(first.values[`${gone}/0/0`], "hall 4");
    assert.equal((await server.delete(gone)).code, "2.02");
    await clock.advance(MINUTE);
    const notified = server.notified(observed.join(" "));
    assert.ok(notified.length > 0);
    for (const { code, values } of notified) {
      assert.deepEqual([code, Object.keys(values).sort()], ["2.05", [...paths].sort()]);
    }
    assert.deepEqual(gateway.status().servers[0]?.observations, observed);
  });

  test(`LightweightM2M-1.1-int-310: attributes that are written count for an Observe-Composite that runs, of ${name}`, async (t) => {
    const { clock, server } = await aReporter(t);
    assert.equal((await server.write("/1/0/3", 300)).code, "2.04");
    await server.observeComposite(paths);
    await clock.advance(MINUTE);
    assert.deepEqual(server.notifications, []);
    assert.equal((await server.writeAttributes(paths[0] ?? "", "pmax=5")).code, "2.04");
    const since = clock.wall();
    await clock.advance(MINUTE);
    assertWithin(pauses(since, server.notified(paths.join(" "))), [0, 5], MINUTE);
  });
}
