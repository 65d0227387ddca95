import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { advertisementOf } from "../../../../adapters/ble/decoders/ad-structures.ts";
import { Packet } from "../../../../adapters/ble/packet.ts";
import { advertisedValue } from "../../../../adapters/ble/point-value.ts";
import { hex } from "../../../support/hci-host.ts";
import { type PlayedSetting, playedBle, THOUGHT_OF } from "../../../support/played-ble.ts";

const ADDRESS = "a4:c1:38:8f:19:e9";
const match = { address: ADDRESS };
const KEY = "231d39c1d7cc1ab1aee224cd096db932";

/** What a gateway that scans hears of a device in three seconds. */
async function heard(setting: PlayedSetting, how: "passive" | "active" = "passive") {
  const world = playedBle(setting);
  world.host.scan(how);
  await world.clock.advance(3000);
  return { ...world, reports: world.host.reports() };
}

/** The same as the gateway reads it: what each advertisement has for each point. */
async function read(setting: PlayedSetting): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { reports, points } = await heard(setting);
  return reports.map(({ data }) => {
    const packet = new Packet(advertisementOf(hex(data), { address: ADDRESS }));
    return Object.fromEntries(
      [...points].flatMap(([id, { source, device }]) => {
        const outcome = device.decode === undefined ? undefined : packet.outcome(device.decode);
        if (outcome !== undefined && "fault" in outcome) assert.fail(outcome.fault);
        assert.ok(source.kind !== "characteristic" && source.kind !== "uart");
        const value = advertisedValue(source, packet.advertisement, outcome?.decoded);
        return value === undefined ? [] : [[id, value]];
      }),
    );
  });
}

test("fields are advertised as their format has them, each packet with another number", async () => {
  const { reports } = await heard({
    section: { match, decode: "bthome" },
    points: { t: { field: "temperature" }, h: { field: "humidity" } },
    values: { t: 25.06, h: 50.55 },
  });
  assert.deepEqual(
    reports.map(({ type, data }) => [type, data]),
    [
      [3, "020106" + "0c16d2fc40" + "0000" + "02ca09" + "03bf13"],
      [3, "020106" + "0c16d2fc40" + "0001" + "02ca09" + "03bf13"],
      [3, "020106" + "0c16d2fc40" + "0002" + "02ca09" + "03bf13"],
    ],
  );
});

test("fields come as they were, with a key too", async () => {
  const points = { t: { field: "temperature" }, b: { field: "battery" }, w: { field: "window" } };
  const values = { t: -3.5, b: 61, w: true };
  assert.deepEqual((await read({ section: { match, decode: "bthome" }, points, values }))[0], values);
  const [encrypted] = await read({ section: { match, decode: "bthome", key: KEY }, points, values });
  assert.deepEqual(encrypted, values);
});

test("what `only` wants of an advertisement is in it", async () => {
  const uuid = "11111111-2222-3333-4444-555555555555";
  const [{ major, minor, u } = {}] = await read({
    section: { match: { only: { uuid, major: 7 } }, decode: "ibeacon" },
    points: { u: { field: "uuid" }, major: { field: "major" }, minor: { field: "minor" } },
    values: { minor: 9 },
  });
  assert.deepEqual([major, minor, String(u).replaceAll("-", "")], [7, 9, uuid.replaceAll("-", "")]);
});

test("a device whose address nobody knows has a static random one, and its name in each packet", async () => {
  const { reports } = await heard({ section: { match: { name: "TAG_*" } }, points: {} });
  const [report] = reports;
  assert.deepEqual([report?.address, report?.addressType], [THOUGHT_OF.replaceAll(":", ""), 1]);
  assert.equal(report?.data, `020106${"0809"}${Buffer.from("TAG_SIM").toString("hex")}`);
});

test("bytes stand where the mapping says, what lies between is 0", async () => {
  const values = { t: hex("12fc"), h: hex("5394") };
  const { reports } = await heard({
    section: { match },
    points: {
      t: { manufacturer: 0x0499, begins: "05", at: 1, length: 2 },
      h: { manufacturer: 0x0499, at: 5, length: 2 },
    },
    values,
  });
  assert.equal(reports[0]?.data, "020106" + "0aff9904" + "0512fc00005394");
});

test("messages that begin differently take turns", async () => {
  const data = await read({
    section: { match },
    points: {
      a: { service_data: "fcd2", begins: "01", at: 1, length: 1 },
      b: { service_data: "fcd2", begins: "02", at: 1, length: 1 },
      both: { service_data: "fcd2", at: 2, length: 1 },
    },
    values: { a: hex("aa"), b: hex("bb"), both: hex("cc") },
  });
  assert.deepEqual(data, [
    { a: Uint8Array.of(0xaa), both: Uint8Array.of(0xcc) },
    { b: Uint8Array.of(0xbb), both: Uint8Array.of(0xcc) },
    { a: Uint8Array.of(0xaa), both: Uint8Array.of(0xcc) },
  ]);
});

test("values move", async () => {
  const { host, clock, values } = playedBle({
    section: { match, decode: "bthome" },
    points: { t: { field: "temperature" } },
    values: { t: 1 },
  });
  host.scan("passive");
  await clock.advance(1000);
  const [before] = host.reports();
  values.set("t", 2);
  await clock.advance(1000);
  assert.notEqual(host.reports()[0]?.data.slice(-4), before?.data.slice(-4));
});

test("what has no room beside the values is in the scan response", async () => {
  const setting: PlayedSetting = {
    section: { match: { name: "a name that is long" } },
    points: { t: { service_data: "fcd2", at: 0, length: 16 } },
    values: { t: new Uint8Array(16) },
  };
  const { reports, log } = await heard(setting, "active");
  assert.deepEqual(
    reports.slice(0, 2).map(({ type, data }) => [type, data.slice(0, 8)]),
    [
      [2, "1316d2fc"],
      [4, "14096120"],
    ],
  );
  assert.deepEqual(log, []);
});

test("what has no room at all is told, and the rest is played", async () => {
  const { reports, log } = await heard({
    section: { match },
    points: { t: { service_data: "fcd2", at: 40, length: 1 }, u: { manufacturer: 1, at: 0, length: 1 } },
    values: { t: hex("01"), u: hex("02") },
  });
  assert.equal(reports[0]?.data, "04ff0100" + "02");
  assert.deepEqual(
    log.map(({ message }) => message),
    ["what a simulated device advertises has no room in one packet"],
  );
});

test("whatever bytes points have, a gateway reads them as they are", async () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(bytes, bytes, async (a, b) => {
      const points = {
        a: { manufacturer: 0xffff, begins: "0102", at: 2, length: a.length },
        b: { manufacturer: 0xffff, begins: "0102", at: 2 + a.length, length: b.length },
      };
      const [first] = await read({ section: { match }, points, values: { a, b } });
      assert.deepEqual(first, { a, b });
    }),
    { numRuns: 30 },
  );
});

test("advertisements are missed, cut and damaged as wished", async () => {
  const setting = { section: { match, decode: "bthome" }, points: { t: { field: "temperature" } }, values: { t: 1 } };
  assert.deepEqual((await heard({ ...setting, faults: "missed" })).reports, []);
  const [whole] = (await heard(setting)).reports;
  const [short] = (await heard({ ...setting, faults: "short" })).reports;
  assert.ok(short !== undefined && whole?.data.startsWith(short.data) && short.data.length < whole.data.length);
  const [damaged] = (await heard({ ...setting, faults: "damaged" })).reports;
  assert.ok(damaged !== undefined && damaged.data.length === whole?.data.length && damaged.data !== whole.data);
});

test("a device that is dead now and then is in reach again afterwards", async () => {
  const { host, clock, peripheral } = playedBle({
    section: { match, decode: "bthome" },
    points: { t: { field: "temperature" } },
    values: { t: 1 },
    faults: "dead:10s",
  });
  host.scan("passive");
  const counts: number[] = [];
  for (let second = 0; second < 30; second++) {
    peripheral.tick();
    await clock.advance(1000);
    counts.push(host.reports().length);
  }
  const sums = [0, 10, 20].map((from) => counts.slice(from, from + 10).reduce((sum, count) => sum + count, 0));
  assert.deepEqual(sums, [10, 0, 10]);
});
