import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Advertisement } from "../../../adapters/ble/radio/radio.ts";
import { AdvertisementRouter } from "../../../adapters/ble/router.ts";
import { MINUTE, SECOND } from "../../../src/adapter.ts";
import { heard, hex } from "../../support/advertisements.ts";
import { aBleLink } from "../../support/ble-world.ts";

const ADDRESS = "a4:c1:38:8f:19:e9";
const OTHER = "a4:c1:38:00:00:01";
const CLIMATE = { t: { field: "temperature" }, h: { field: "humidity" } };

/** BTHome: packet id, temperature in hundredths. */
function bthome(id: string, temperature: string): Partial<Advertisement> {
  return { serviceData: new Map([["fcd2", hex(`4000${id}02${temperature}`)]]) };
}

function tag(bytes: string): Partial<Advertisement> {
  return { manufacturerData: new Map([[0x499, hex(bytes)]]) };
}

test("a packet that comes twice is one measurement, and each one a sign of life", async (t) => {
  const { radio, clock, attach } = await aBleLink(t);
  const { news } = await attach({ match: { address: ADDRESS }, decode: "bthome" }, CLIMATE);
  news();
  radio.advertise(ADDRESS, bthome("01", "ca09"));
  radio.advertise(ADDRESS, bthome("01", "ca09"));
  await clock.advance(2 * SECOND);
  radio.advertise(ADDRESS, bthome("01", "ca09"));
  radio.advertise(ADDRESS, bthome("02", "ca09"));
  radio.advertise(OTHER, bthome("03", "ca09"));
  assert.deepEqual(news(), ["-60 dBm", "t = 25.06", "alive", "alive", "t = 25.06"]);
});

test("what has no number is one measurement for ten seconds, also where a device says several things in turn", async (t) => {
  const { radio, clock, attach } = await aBleLink(t);
  const { news } = await attach(
    { match: { address: ADDRESS } },
    {
      a: { manufacturer: 0x499, begins: "01", at: 1, length: 1 },
      b: { manufacturer: 0x499, begins: "02", at: 1, length: 1 },
    },
  );
  news();
  for (let round = 0; round < 3; round++) for (const bytes of ["0107", "0208"]) radio.advertise(ADDRESS, tag(bytes));
  assert.deepEqual(
    news().filter((one) => one.includes("=")),
    ["a = 07", "b = 08"],
  );
  await clock.advance(11 * SECOND);
  radio.advertise(ADDRESS, tag("0107"));
  radio.advertise(ADDRESS, tag("02"));
  assert.deepEqual(news(), ["a = 07", "b: it has 1 bytes only"]);
});

test("a device that is heard and says nothing of what is wanted is told of, once", async (t) => {
  const { radio, attach } = await aBleLink(t);
  const decoded = await attach({ match: { address: ADDRESS }, decode: "bthome" }, CLIMATE);
  const own = await attach({ match: { address: ADDRESS } }, { s: { service_data: "fcd2", length: 1 } });
  for (let i = 0; i < 50; i++) radio.advertise(ADDRESS, tag(i.toString(16).padStart(2, "0")));
  const why = "it is heard, but none of its advertisements is BTHome v2: is `decode` right?";
  assert.deepEqual(
    decoded.news().filter((one) => one.includes(":")),
    [`t: ${why}`, `h: ${why}`],
  );
  assert.deepEqual(
    own.news().filter((one) => one.includes(":")),
    ["s: it is heard, but none of its advertisements has data of the service fcd2"],
  );
});

test("one wrong packet among good ones is passed over, three in a row are told, and so is the first", async (t) => {
  const { radio, attach } = await aBleLink(t);
  const { news } = await attach({ match: { address: ADDRESS }, decode: "bthome" }, { t: { field: "temperature" } });
  const encrypted = (i: number) => ({ serviceData: new Map([["fcd2", hex(`41a4724266${i}0${i}00000078237214`)]]) });
  radio.advertise(ADDRESS, encrypted(1));
  assert.match(news().join(), /t: .*key/);
  radio.advertise(ADDRESS, bthome("01", "ca09"));
  radio.advertise(ADDRESS, encrypted(2));
  radio.advertise(ADDRESS, bthome("02", "cb09"));
  for (const i of [3, 4]) radio.advertise(ADDRESS, encrypted(i));
  assert.ok(!news().some((one) => one.startsWith("t: ")));
  radio.advertise(ADDRESS, encrypted(5));
  assert.match(news().join(), /t: .*key/);
});

test("of several devices with one name the first is taken until it is silent, and the log says so once", async (t) => {
  const { radio, clock, attach, log } = await aBleLink(t);
  const { news } = await attach({ match: { name: "Tag*" } }, { a: { manufacturer: 0x499, length: 1 } });
  radio.advertise(ADDRESS, { name: "Tag 1", ...tag("01") });
  radio.advertise(ADDRESS, tag("02"));
  for (const bytes of ["11", "12"]) radio.advertise(OTHER, { name: "Tag 2", ...tag(bytes) });
  assert.deepEqual(
    news().filter((one) => one.includes("=")),
    ["a = 01", "a = 02"],
  );
  assert.equal(log.filter(({ level, message }) => level === "warn" && message.startsWith("two devices fit")).length, 1);
  await clock.advance(MINUTE);
  while (!radio.advertise(OTHER, { name: "Tag 2", ...tag("13") })) await clock.advance(SECOND);
  assert.ok(news().includes("a = 13"));
});

test("a beacon is known by what it says, whatever its address", async (t) => {
  const { radio, attach } = await aBleLink(t);
  const uuid = "e2c56db5-dffb-48d2-b060-d0f5a71096e0";
  const { news } = await attach(
    { match: { only: { uuid: uuid.toUpperCase(), major: 1, minor: [2, 3] } }, decode: "ibeacon" },
    { m: { field: "minor" } },
  );
  const beacon = (minor: string): Partial<Advertisement> => ({
    manufacturerData: new Map([[0x4c, hex(`0215${uuid.replaceAll("-", "")}0001${minor}c5`)]]),
  });
  radio.advertise(ADDRESS, beacon("0002"));
  radio.advertise(OTHER, beacon("0003"));
  radio.advertise(OTHER, beacon("0004"));
  assert.deepEqual(
    news().filter((one) => one.includes("=")),
    ["m = 2", "m = 3"],
  );
});

test("the signal is told at first, then where it changed much, and at most once a minute", async (t) => {
  const { radio, clock, attach } = await aBleLink(t);
  const { news } = await attach({ match: { address: ADDRESS } }, { a: { manufacturer: 0x499, length: 1 } });
  const say = async (rssi: number, times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      while (!radio.advertise(ADDRESS, { rssi, ...tag("01") })) await clock.advance(SECOND);
      await clock.advance(SECOND);
    }
  };
  await say(-60, 90);
  await say(-61, 90);
  await say(-80, 30);
  assert.equal(news().filter((one) => one.endsWith("dBm"))[0], "-60 dBm");
  await say(-80, 200);
  const later = news().filter((one) => one.endsWith("dBm"));
  assert.ok(later.length <= 4, later.join());
});

test("how many packets came is told by their numbers", async (t) => {
  const { radio, clock, attach } = await aBleLink(t);
  const { news } = await attach({ match: { address: ADDRESS }, decode: "bthome" }, { t: { field: "temperature" } });
  for (let i = 0; i < 400; i += 2) {
    const id = (i % 256).toString(16).padStart(2, "0");
    while (!radio.advertise(ADDRESS, bthome(id, "ca09"))) await clock.advance(SECOND);
    await clock.advance(SECOND);
  }
  const shares = news().flatMap((one) => (one.endsWith(" %") ? [Number.parseInt(one, 10)] : []));
  assert.ok(shares.length > 0 && shares.every((share) => share >= 45 && share <= 65), shares.join());
});

test("an advertisement goes to its own device alone, however many there are", () => {
  let listener: (advertisement: Advertisement) => void = () => {};
  let listens = 0;
  const router = new AdvertisementRouter((hear) => {
    listener = hear;
    listens++;
    return () => listens--;
  });
  const taken: string[] = [];
  const addressOf = (i: number): string => `00:00:00:00:${i.toString(16).padStart(4, "0").replace(/..$/, ":$&")}`;
  const ends = Array.from({ length: 1000 }, (_, i) =>
    router.add({ address: addressOf(i), take: ({ advertisement }) => taken.push(advertisement.address) }),
  );
  assert.equal(listens, 1);
  listener(heard({ services: [], serviceData: new Map(), manufacturerData: new Map() }, addressOf(7)));
  assert.deepEqual(taken, [addressOf(7)]);
  for (const end of ends) end();
  assert.equal(listens, 0);
});

test("whatever is advertised, nothing is thrown, and the next good packet counts", async (t) => {
  const { radio, clock, attach } = await aBleLink(t);
  const { news } = await attach(
    { match: { address: ADDRESS }, decode: "bthome" },
    { ...CLIMATE, o: { manufacturer: 0x499, at: 2, length: 4 } },
  );
  const bytes = fc.uint8Array({ maxLength: 40 });
  const advert = fc.record({
    service: bytes,
    maker: bytes,
    rssi: fc.integer({ min: -127, max: 20 }),
    name: fc.string(),
  });
  for (const { service, maker, rssi, name } of fc.sample(advert, { numRuns: 500, seed: 7 })) {
    const data = { serviceData: new Map([["fcd2", service]]), manufacturerData: new Map([[0x499, maker]]) };
    radio.advertise(ADDRESS, { rssi, name, ...data });
  }
  news();
  await clock.advance(2 * MINUTE);
  while (!radio.advertise(ADDRESS, bthome("fe", "ca09"))) await clock.advance(SECOND);
  assert.ok(news().includes("t = 25.06"));
});
