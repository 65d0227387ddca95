import assert from "node:assert/strict";
import test from "node:test";
import { hex } from "../../../support/hci-host.ts";
import { type PlayedSetting, playedBle } from "../../../support/played-ble.ts";

const ADDRESS = "a4:c1:38:8f:19:e9";
const section = { match: { address: ADDRESS } };

async function connected(setting: PlayedSetting) {
  const world = playedBle(setting);
  world.host.connect(ADDRESS);
  await world.clock.advance(1000);
  world.host.events();
  const [device] = world.controller.peripherals;
  assert.ok(device?.connected === true);
  /** An ATT request about the value of a characteristic. */
  const ask = (opcode: string, uuid: string, rest = "", index = 0): readonly string[] =>
    world.host.att(1, opcode + handleText(device.characteristic(uuid, { index }).valueHandle) + rest);
  const subscribe = (uuid: string, how: string): readonly string[] =>
    world.host.att(1, `12${handleText(device.characteristic(uuid).valueHandle + 1)}${how}`);
  return { ...world, device, ask, subscribe };
}

function handleText(handle: number): string {
  return handle
    .toString(16)
    .padStart(4, "0")
    .replace(/(..)(..)/, "$2$1");
}

test("characteristics are in the services where they belong, and in the ones that the mapping names", async () => {
  const { device } = await connected({
    section,
    points: {
      battery: { char: "2a19" },
      temperature: { char: "2a6e" },
      own: { char: "fff1", service: "4fafc201-1fb5-459e-8fcc-c5c9c331914b" },
      again: { char: "fff1", at: 2 },
      maker: { char: "fff2" },
    },
  });
  const places = device.database.characteristics.map(({ service, uuid }) => `${service}/${uuid}`);
  assert.deepEqual(places.slice(2), [
    "180f/2a19",
    "181a/2a6e",
    "4fafc201-1fb5-459e-8fcc-c5c9c331914b/fff1",
    "fff0/fff2",
  ]);
});

test("a value is read as it is now, several of one characteristic at their bytes", async () => {
  const { ask, values } = await connected({
    section,
    points: { a: { char: "fff1", begins: "07", at: 1, length: 2 }, b: { char: "fff1", at: 4, length: 1 } },
    values: { a: hex("0102"), b: hex("03") },
  });
  assert.deepEqual(ask("0a", "fff1"), ["0b0701020003"]);
  values.set("b", hex("04"));
  assert.deepEqual(ask("0a", "fff1"), ["0b0701020004"]);
});

test("fields of a known characteristic are spelled as it has them", async () => {
  const { ask } = await connected({
    section,
    points: { bpm: { char: "2a37", field: "heart_rate" } },
    values: { bpm: 72 },
  });
  assert.deepEqual(ask("0a", "2a37"), ["0b0048"]);
});

test("of several with one UUID each has its own value, also where the mapping names the second only", async () => {
  const { ask } = await connected({
    section,
    points: { second: { char: "2a6e", index: 1 } },
    values: { second: hex("0b") },
  });
  assert.deepEqual(ask("0a", "2a6e", "", 0), ["0b"]);
  assert.deepEqual(ask("0a", "2a6e", "", 1), ["0b0b"]);
});

test("who subscribes hears the value once, and then when it changes", async () => {
  const { host, peripheral, values, subscribe } = await connected({
    section,
    points: { t: { char: "2a6e", via: "notify" } },
    values: { t: hex("01") },
  });
  peripheral.tick();
  assert.deepEqual(host.heardAtt(), []);
  assert.deepEqual(subscribe("2a6e", "0100"), ["13"]);
  peripheral.tick();
  peripheral.tick();
  assert.equal(host.heardAtt().length, 1);
  values.set("t", hex("02"));
  peripheral.tick();
  assert.match(host.heardAtt()[0] ?? "", /^1b....02$/);
});

test("messages of one characteristic are told each by itself, and indications are confirmed", async () => {
  const { host, peripheral, subscribe } = await connected({
    section,
    points: {
      a: { char: "fff4", via: "indicate", begins: "01", at: 1 },
      b: { char: "fff4", via: "indicate", begins: "02", at: 1 },
    },
    values: { a: hex("aa"), b: hex("bb") },
  });
  subscribe("fff4", "0200");
  peripheral.tick();
  assert.match(host.heardAtt().join(), /^1d....01aa$/);
  assert.match(host.att(1, "1e").join(), /^1d....02bb$/);
});

test("a write reaches its point, and is what is read", async () => {
  const { ask, values } = await connected({
    section,
    points: { level: { char: "2a06", length: 1, write: true } },
    values: { level: hex("00") },
  });
  assert.deepEqual(ask("12", "2a06", "02"), ["13"]);
  assert.deepEqual(values.get("level"), Uint8Array.of(2));
  assert.deepEqual(ask("0a", "2a06"), ["0b02"]);
});

test("a command is understood backwards, whichever of several it is", async () => {
  const { ask, values, log } = await connected({
    section,
    points: {
      level: { char: "fff2", length: 1, write: { char: "fff1", hex: "33 01 {value} ff" } },
      on: { char: "fff2", at: 1, length: 1, write: { char: "fff1", hex: "44 01", when: true } },
    },
    values: { level: hex("00"), on: hex("00") },
  });
  assert.deepEqual(ask("12", "fff1", "330155ff"), ["13"]);
  assert.deepEqual(ask("12", "fff1", "4401"), ["13"]);
  assert.deepEqual(ask("0a", "fff2"), ["0b5501"]);
  assert.deepEqual(
    [...(values.values() as Iterable<Uint8Array>)].map((value) => Buffer.from(value).toString("hex")),
    ["55", "01"],
  );
  assert.match(ask("12", "fff1", "99").join(), /^0112....13$/);
  assert.deepEqual(
    log.map(({ message, fields: { bytes } }) => [message, bytes]),
    [["a simulated device does not know this command", "99"]],
  );
});

test("what the device refuses is refused, and a write without response takes none", async () => {
  const { ask, refused, values } = await connected({
    section,
    points: {
      level: { char: "2a06", length: 1, write: true },
      quick: { char: "fff3", length: 1, write: { response: false } },
    },
    values: { level: hex("00") },
  });
  refused.add("level");
  assert.match(ask("12", "2a06", "02").join(), /^0112....13$/);
  assert.deepEqual(ask("52", "fff3", "07"), []);
  assert.deepEqual(values.get("quick"), Uint8Array.of(7));
  assert.match(ask("12", "fff3", "07").join(), /^0112....03$/);
});

test("Device Information is what the mapping's identity says, unless the mapping reads it", async () => {
  const { ask } = await connected({
    section,
    points: { model: { char: "2a24" } },
    values: { model: hex("4d31") },
    identity: { manufacturer: "Acme", model: "T1", version: "1.0" },
  });
  assert.deepEqual(ask("0a", "2a29"), [`0b${Buffer.from("Acme").toString("hex")}`]);
  assert.deepEqual(ask("0a", "2a24"), ["0b4d31"]);
  assert.deepEqual(ask("0a", "2a26"), [`0b${Buffer.from("1.0").toString("hex")}`]);
});

test("what steps name is there, and takes what is written, beside what points are written with", async () => {
  const { ask, subscribe, device, values, log } = await connected({
    section: { ...section, setup: [{ char: "fff1", hex: "01" }] },
    points: { lamp: { char: "fff3", length: 1, write: { hex: "33 {value}" } } },
    values: { lamp: hex("00") },
    steps: [
      { char: "fff2", service: "fff7", text: "reset", response: false },
      { wait: "1s" },
      { char: "fff3", hex: "ff" },
      { expect: "fff4", begins: "01" },
    ],
  });
  assert.deepEqual(ask("12", "fff1", "01"), ["13"]);
  assert.deepEqual([...device.characteristic("fff2", { service: "fff7" }).properties], ["write-without-response"]);
  assert.deepEqual(ask("12", "fff3", "ff"), ["13"]);
  assert.deepEqual(values.get("lamp"), hex("00"));
  assert.deepEqual(ask("12", "fff3", "3301"), ["13"]);
  assert.equal(Buffer.from(values.get("lamp") as Uint8Array).toString("hex"), "01");
  assert.deepEqual(subscribe("fff4", "0100"), ["13"]);
  assert.deepEqual(
    log.filter(({ message }) => message === "a command was written").map(({ fields }) => fields),
    [
      { characteristic: "fff1", bytes: "01" },
      { characteristic: "fff3", bytes: "ff" },
    ],
  );
});

test("requests go wrong as wished", async () => {
  const setting = { section, points: { battery: { char: "2a19" } }, values: { battery: hex("58") } };
  assert.deepEqual((await connected({ ...setting, faults: "silent" })).ask("0a", "2a19"), []);
  assert.match((await connected({ ...setting, faults: "refused" })).ask("0a", "2a19").join(), /^010a....0e$/);
  const lost = await connected({ ...setting, faults: "lost" });
  lost.ask("0a", "2a19");
  assert.equal(lost.device.connected, false);
  const late = await connected({ ...setting, faults: "late" });
  assert.deepEqual(late.ask("0a", "2a19"), []);
  await late.clock.advance(7000);
  assert.deepEqual(late.host.heardAtt(), ["0b58"]);
});

test("faults that there are not are named", () => {
  assert.throws(
    () => playedBle({ section, points: {}, faults: "crc:1%" }),
    /fault "crc:1%": expected e\.g\. missed:5%, dead:30s; the faults are missed, short, damaged, silent, late, refused, lost, dead/,
  );
});
