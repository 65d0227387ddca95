import assert from "node:assert/strict";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { ble } from "../../../../adapters/ble/index.ts";
import type { BlePoint } from "../../../../adapters/ble/points.ts";
import type { BleDevice } from "../../../../adapters/ble/section.ts";
import { probe } from "../../../../adapters/ble/tools/probe.ts";
import { scan } from "../../../../adapters/ble/tools/scan.ts";
import { HOUR, SECOND, type ToolContext, type ToolReport, WrongArguments } from "../../../../src/adapter.ts";
import { toolDevice } from "../../../../src/cli/mapped-device.ts";
import { knownMappings } from "../../../../src/config/known-mappings.ts";
import { locateData } from "../../../../src/locate.ts";
import { hex } from "../../../support/advertisements.ts";
import { aBleLink } from "../../../support/ble-world.ts";
import { settled } from "../../../support/settled.ts";
import { aToolContext, theArguments } from "../../../support/tool-context.ts";

const ADDRESS = "a4:c1:38:8f:19:e9";
const OTHER = "c4:be:84:e4:d3:cf";
/** The clock goes on while mappings are read, which takes real time. */
const FILES = 1000 * HOUR;
/** https://bthome.io/format/: temperature 25.06, humidity 50.55. */
const BTHOME = hex("4002ca0903bf13");

type DeviceOf = ToolContext<BleDevice, BlePoint>["deviceOf"];

/** The adapter is in reach of a link that is open, as that of a running gateway. */
async function aToolWorld(t: TestContext) {
  const { radio, clock, link } = await aBleLink(t);
  const names: ToolContext<BleDevice, BlePoint>["mappings"] = () =>
    knownMappings([join(locateData("mappings"))], "ble");
  const context = aToolContext<BleDevice, BlePoint>({
    clock,
    link: { id: "air", type: "ble", options: {}, ask: link.ask, sharedWith: [] },
    mappings: names,
    // The module knows its own types behind the general ones.
    deviceOf: (mapping, parameters) => toolDevice(mapping, parameters, ble) as ReturnType<DeviceOf>,
  });
  const never = async (): Promise<never> => assert.fail("the link is open already");
  return {
    radio,
    clock,
    context,
    scan: (options: Record<string, string> = {}): Promise<ToolReport> =>
      scan(never).run(theArguments([], options), context),
    probe: (positionals: readonly string[], options: Record<string, string> = {}): Promise<ToolReport> =>
      probe(never).run(theArguments(positionals, options), context),
  };
}

test("scan shows who is heard, what that says, and the line that makes it a device", async (t) => {
  const { radio, clock, scan } = await aToolWorld(t);
  const scanned = scan({ for: "3s" });
  await clock.advance(SECOND);
  radio.advertise(ADDRESS, { name: "Cold room", rssi: -71, serviceData: new Map([["fcd2", BTHOME]]) });
  radio.advertise(OTHER, { connectable: true, rssi: -60, manufacturerData: new Map([[0x1234, hex("ff")]]) });
  const { lines, data, ok } = await settled(scanned, clock, FILES);
  assert.ok(ok);
  assert.deepEqual(lines, [
    "address            type    RSSI  heard  name       says",
    `${OTHER}  random  -60   1                 company 0x1234: ff, connectable`,
    `${ADDRESS}  random  -71   1      Cold room  BTHome v2: temperature 25.06 Cel, humidity 50.55 %RH`,
    "",
    "for devices: of config.yaml",
    `  - { id: cold-room, mapping: bthome-climate, link: air, address: "${ADDRESS.toUpperCase()}" }  # BTHome v2`,
    "",
    `what a connectable device has, and which mapping fits it, says: probe ble ${OTHER}`,
  ]);
  assert.deepEqual(
    (data as readonly { readonly format: string | null }[]).map(({ format }) => format),
    [null, "bthome"],
  );
});

test("scan says that an encrypted device needs its key, and never what its bytes could be", async (t) => {
  const { radio, clock, scan } = await aToolWorld(t);
  const scanned = scan({ for: "1s" });
  await clock.advance(1);
  // https://bthome.io/encryption/: temperature and humidity, encrypted.
  radio.advertise(ADDRESS, { serviceData: new Map([["fcd2", hex("41e445f3c962b332211006c7c5e3a1")]]) });
  const { lines } = await settled(scanned, clock, FILES);
  const text = lines.join("\n");
  assert.match(text, /key: !secret bthome-19-e9_key \}/);
  assert.doesNotMatch(text, /temperature \d/);
});

test("scan hears of nobody, and of an adapter that is not there", async (t) => {
  const { radio, clock, scan } = await aToolWorld(t);
  const { lines, ok } = await settled(scan({ for: "1s" }), clock, FILES);
  assert.ok(!ok && /nobody was heard/.test(lines.join()));
  radio.unplug("somebody took it");
  await assert.rejects(settled(scan({ for: "1s" }), clock, FILES), /somebody took it/);
});

const SERVICES = {
  "181a": {
    "2a6e": { value: "a608", properties: ["read", "notify"] },
    "2a6f": { value: "a00f", properties: ["read"] },
  },
  "180f": { "2a19": { value: "61", properties: ["read"] } },
  "180a": { "2a29": { value: "41636d65", properties: ["read"] }, "2a24": { value: "5831", properties: ["read"] } },
} as const;

test("probe shows what a device has and says, and which mapping fits", async (t) => {
  const { radio, clock, probe } = await aToolWorld(t);
  const peripheral = radio.add(OTHER, SERVICES);
  const probed = probe([OTHER.toUpperCase()]);
  radio.advertise(OTHER);
  let isHeard = false;
  for (let tries = 0; tries < 100 && !isHeard; tries++) {
    await clock.advance(SECOND / 10);
    isHeard = peripheral.notify("2a6e", "b008");
  }
  const { lines, ok } = await settled(probed, clock, FILES);
  assert.ok(ok);
  const text = lines.join("\n");
  assert.match(
    text,
    /service 181a Environmental Sensing\n {2}2a6e Temperature: read, notify\n {4}a6 08 {2}u16le 2214\n {4}told: b0 08 {2}u16le 2224/,
  );
  assert.match(text, /2a29 Manufacturer Name: read\n {4}41 63 6d 65 {2}"Acme"/);
  assert.match(
    text,
    /for devices: of config\.yaml\n {2}- \{ id: ble-d3-cf, mapping: ess-climate, link: air, address: "C4:BE:84:E4:D3:CF" \}/,
  );
  assert.equal(peripheral.connected, false);
});

test("probe of one characteristic reads and writes that alone, and a mapping explains it", async (t) => {
  const { radio, clock, probe } = await aToolWorld(t);
  const peripheral = radio.add(OTHER, SERVICES);
  const probed = probe([OTHER, "181a/2a6e"], { mapping: "ess-climate", for: "1s" });
  radio.advertise(OTHER);
  const { lines } = await settled(probed, clock, FILES);
  assert.match(lines.join("\n"), /3303\/0\/5700 {2}Sensor Value {2}22\.14/);
  assert.deepEqual(
    peripheral.log.filter((what) => what.startsWith("read")),
    ["read 2a6e"],
  );
  const writable = radio.add(ADDRESS, { "1802": { "2a06": { value: "00", properties: ["write"] } } });
  const written = probe([ADDRESS, "2a06", "02"]);
  radio.advertise(ADDRESS);
  await settled(written, clock, FILES);
  assert.ok(writable.log.includes("write 2a06 02"));
});

test("probe tells what of a device it did not get, and goes on", async (t) => {
  const { radio, clock, probe } = await aToolWorld(t);
  const peripheral = radio.add(OTHER, SERVICES);
  peripheral.fates.set("2a19", "refused");
  const probed = probe([OTHER]);
  radio.advertise(OTHER);
  const { lines } = await settled(probed, clock, FILES);
  assert.match(lines.join("\n"), /2a19 Battery Level: read\n {4}not had: /);
  assert.match(lines.join("\n"), /2a29 Manufacturer Name/);
});

test("what is typed wrong is told", async (t) => {
  const { probe } = await aToolWorld(t);
  for (const [positionals, expected] of [
    [[], /which device\?/],
    [["kitchen"], /no address of a Bluetooth device/],
    [[OTHER, "xyz"], /no characteristic/],
    [[OTHER, "2a06", "zz"], /no bytes in hexadecimal/],
    [[OTHER, "2a06", "01", "02"], /left over/],
  ] as const) {
    await assert.rejects(
      probe(positionals),
      (error) => error instanceof WrongArguments && expected.test(error.message),
    );
  }
});
