/**
 * The cases 300 to 399 of the OMA Enabler Test Specification "LightweightM2M INT" 1.2, information reporting: on the gateway's
 * own objects, and on those of a device under its prefix.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { MINUTE, type Millis, SECOND } from "../../src/clock.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import type { Notification } from "../support/scripted-server.ts";

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
    mapping: "c4-device",
    prefix: "dev-1",
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
