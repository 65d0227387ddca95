import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../../src/adapter.ts";
import { hex } from "../../support/advertisements.ts";
import { aBleLink, outcome, readOf } from "../../support/ble-world.ts";

const ADDRESS = "a4:c1:38:8f:19:e9";
const SECTION = { match: { address: ADDRESS } };
const SERVICES = {
  "181a": { "2a6e": { value: "a608" }, "2a6f": { value: "a00f" } },
  "180f": { "2a19": { value: "61" } },
  "180a": { "2a29": { value: "41636d65" } },
};

test("what is due together is read over one connection, each characteristic once", async (t) => {
  const world = await aBleLink(t);
  const peripheral = world.radio.add(ADDRESS, SERVICES);
  const { device } = await world.attach(SECTION, {
    a: { char: "2A6E", length: 2 },
    b: { char: "2A6F", length: 2 },
    c: { char: "2A6F", at: 1, length: 1 },
    d: { char: "2A29" },
  });
  assert.equal(await readOf(world, device, ["a", "b", "c", "d"]), "a = a608, b = a00f, c = 0f, d = 41636d65");
  assert.deepEqual(
    peripheral.log.filter((what) => what.startsWith("read")),
    ["read 2a6e", "read 2a6f", "read 2a29"],
  );
  assert.equal(world.radio.log.filter((what) => what === `connect ${ADDRESS}`).length, 1);
});

test("a characteristic that is not there, refused, empty or too short costs its own points alone", async (t) => {
  const world = await aBleLink(t);
  const peripheral = world.radio.add(ADDRESS, { "181a": { ...SERVICES["181a"], "2a77": { value: "" } } });
  peripheral.fates.set("2a6f", "refused");
  const { device } = await world.attach(SECTION, {
    good: { char: "2A6E", length: 2 },
    absent: { char: "2A7F", length: 2 },
    refused: { char: "2A6F", length: 2 },
    empty: { char: "2A77", length: 1 },
    short: { char: "2A6E", length: 4 },
    other: { char: "2A6E", begins: "ff", length: 2 },
  });
  const read = await readOf(world, device, ["good", "absent", "refused", "empty", "short", "other"]);
  assert.match(
    read,
    /^good = a608, absent: .*2a7f.*, refused: .*0x03, empty: it is empty: .*, short: it has 2 bytes only, other: it begins otherwise/,
  );
});

test("a device that does not answer makes a read fail, within a bounded time", async (t) => {
  const world = await aBleLink(t);
  const peripheral = world.radio.add(ADDRESS, SERVICES);
  const { device } = await world.attach(SECTION, { a: { char: "2A6E", length: 2 } });
  peripheral.fate = "mute";
  assert.match(await readOf(world, device, ["a"]), /^unreachable: /);
  peripheral.fate = "answered";
  assert.equal(await readOf(world, device, ["a"]), "a = a608");
  peripheral.absent = true;
  peripheral.drop();
  assert.match(await readOf(world, device, ["a"]), /^unreachable: /);
});

test("what was read before the connection was lost is told, and the rest is refused", async (t) => {
  const world = await aBleLink(t);
  const peripheral = world.radio.add(ADDRESS, SERVICES);
  const { device } = await world.attach(SECTION, { a: { char: "2A6E", length: 2 }, b: { char: "2A6F", length: 2 } });
  peripheral.fates.set("2a6f", "mute");
  assert.match(await readOf(world, device, ["a", "b"]), /^a = a608, b: /);
});

test("what a characteristic notifies comes by itself, after it was read once; again after each connect", async (t) => {
  const world = await aBleLink(t);
  const peripheral = world.radio.add(ADDRESS, SERVICES);
  const { device, news } = await world.attach(SECTION, {
    a: { char: "2A6E", via: "notify", length: 2 },
    b: { char: "2A6F", via: "indicate", begins: "01", length: 1 },
  });
  await world.clock.advance(MINUTE);
  assert.ok(news().includes("a = a608"));
  peripheral.notify("2a6e", "1009");
  peripheral.notify("2a6f", "01ff");
  peripheral.notify("2a6f", "02ff");
  peripheral.notify("2a6e", "11");
  assert.deepEqual(news(), ["a = 1009", "b = 01", "alive", "a: it has 1 bytes only"]);
  assert.equal(await readOf(world, device, ["a", "b"]), "a = 1009, b = 01");
  peripheral.drop();
  peripheral.set("2a6e", "2209");
  await world.clock.advance(MINUTE);
  assert.deepEqual(news(), ["a = 2209"]);
  peripheral.absent = true;
  peripheral.drop();
  await world.clock.advance(5 * MINUTE);
  assert.match(news().join(), /^away: /);
});

test("a subscription that the device refuses is a reason at its points", async (t) => {
  const world = await aBleLink(t);
  const peripheral = world.radio.add(ADDRESS, {
    "181a": { "2a6e": { value: "a608", properties: ["read"] }, "2a6f": { value: "a00f" } },
  });
  const { news } = await world.attach(SECTION, {
    a: { char: "2A6E", via: "notify", length: 2 },
    b: { char: "2A6F", via: "notify", length: 2 },
  });
  await world.clock.advance(MINUTE);
  const told = news();
  assert.ok(
    told.some((one) => /^a: .*2a6e/.test(one)),
    told.join(),
  );
  assert.ok(told.includes("b = a00f"));
  assert.ok(peripheral.notify("2a6f", "a10f"));
});

test("a write is confirmed where the characteristic can, and goes as a command round the value", async (t) => {
  const world = await aBleLink(t);
  const peripheral = world.radio.add(ADDRESS, {
    "1802": { "2a06": { value: "00", properties: ["write-without-response"] } },
    fff0: { fff1: { value: "0000" }, fff2: { value: "00" } },
  });
  const { device } = await world.attach(SECTION, {
    alert: { char: "2A06", write: true, length: 1 },
    level: { char: "FFF1", write: { char: "FFF2", hex: "33 {value} ff" }, length: 2 },
    quiet: { char: "FFF1", write: { response: false }, length: 2 },
    on: { char: "FFF1", write: { hex: "0b", when: true }, length: 1 },
    off: { char: "FFF1", write: { hex: "0c", when: 512 }, length: 2 },
  });
  const write = (point: string, value: string) => outcome(world.clock, device.write(point, hex(value)));
  assert.equal(await write("alert", "02"), "done");
  assert.equal(await write("level", "0102"), "done");
  assert.equal(await write("quiet", "0a0b"), "done");
  assert.equal(await write("on", "01"), "done");
  assert.equal(await write("on", "00"), "rejected: only true may be written");
  assert.equal(await write("off", "0200"), "done");
  assert.deepEqual(peripheral.log, [
    "write 2a06 02 (no response)",
    "write fff2 330102ff",
    "write fff1 0a0b (no response)",
    "write fff1 0b",
    "write fff1 0c",
  ]);
  assert.equal(await write("none", "00"), 'rejected: the mapping does not let "none" be written');
});

test("what was written is verified, and bits leave the others as they are", async (t) => {
  const world = await aBleLink(t);
  const peripheral = world.radio.add(ADDRESS, { fff0: { fff1: { value: "f0" }, fff2: { value: "00" } } });
  const { device } = await world.attach(SECTION, {
    bits: { char: "FFF1", write: true, length: 1 },
    sure: { char: "FFF2", write: { verify: "500ms" }, length: 1 },
  });
  assert.equal(await outcome(world.clock, device.write("bits", hex("05"), hex("0f"))), "done");
  assert.equal(peripheral.value("fff1"), "f5");
  assert.equal(await outcome(world.clock, device.write("sure", hex("07"))), "done");
  peripheral.onWrite = () => peripheral.set("fff2", "01");
  assert.equal(
    await outcome(world.clock, device.write("sure", hex("08"))),
    "rejected: 08 was written, and 01 is read 500ms later",
  );
});

test("steps write, wait, and expect what the device notifies", async (t) => {
  const world = await aBleLink(t);
  const peripheral = world.radio.add(ADDRESS, { fff0: { fff1: {}, fff4: {} } });
  const { device } = await world.attach(SECTION, { a: { char: "FFF1", length: 1 } });
  peripheral.onWrite = (uuid, bytes) => {
    if (uuid !== "fff1") return;
    peripheral.notify("fff4", "00");
    peripheral.notify("fff4", `aa${Buffer.from(bytes).toString("hex")}`);
  };
  const steps = [
    { write: { uuid: "fff1" }, bytes: hex("01") },
    { expect: { uuid: "fff4" }, begins: hex("aa"), within: 2 * SECOND },
    { wait: SECOND },
    { write: { uuid: "fff1" }, bytes: hex("02"), response: false },
    { expect: { uuid: "fff4" }, begins: hex("aa02"), within: 2 * SECOND },
  ];
  assert.equal(await outcome(world.clock, device.invoke(steps)), "done");
  peripheral.onWrite = () => {};
  assert.equal(await outcome(world.clock, device.invoke(steps)), "rejected: no notification of fff4 within 2s");
});

test("an adapter that vanishes takes its devices away with its reason, and brings them back", async (t) => {
  const world = await aBleLink(t);
  world.radio.add(ADDRESS, SERVICES);
  const heard = await world.attach({ ...SECTION }, { t: { manufacturer: 0x499, at: 1, length: 2 } });
  const read = await world.attach(SECTION, { a: { char: "2A6E", length: 2 } });
  heard.news();
  read.news();
  world.radio.unplug("somebody pulled it out");
  await world.clock.advance(SECOND);
  assert.match(heard.news().join(), /away: .*somebody pulled it out/);
  assert.match(read.news().join(), /away: .*somebody pulled it out/);
  assert.match(await readOf(world, read.device, ["a"]), /^unreachable: .*somebody pulled it out/);
  world.radio.plug();
  await world.clock.advance(5 * MINUTE);
  assert.ok(heard.news().includes("there"));
  assert.equal(await readOf(world, read.device, ["a"]), "a = a608");
});

test("a device that is heard stays there though it lets nobody connect", async (t) => {
  const world = await aBleLink(t);
  const peripheral = world.radio.add(ADDRESS, SERVICES);
  peripheral.absent = true;
  const { news } = await world.attach(SECTION, {
    t: { manufacturer: 0x499, length: 1 },
    b: { char: "2A6E", via: "notify", length: 2 },
  });
  await world.clock.advance(5 * MINUTE);
  const told = news();
  assert.ok(!told.some((one) => one.startsWith("away")), told.join());
  assert.ok(
    told.some((one) => one.startsWith("b: ")),
    told.join(),
  );
});

test("a link that does not listen says so to devices that are only heard", async (t) => {
  const world = await aBleLink(t, { scan: "off" });
  const only = await world.attach(SECTION, { t: { manufacturer: 0x499, length: 1 } });
  assert.match(only.news().join(), /away: the link does not listen to advertisements \(scan: off\)$/);
  const named = await world.attach({ match: { name: "Meter" } }, { a: { char: "2A6E", length: 2 } });
  assert.match(named.news().join(), /away: .*scan: off/);
  const both = await world.attach(SECTION, { t: { manufacturer: 0x499, length: 1 }, a: { char: "2A6E", length: 2 } });
  assert.match(both.news().join(), /t: .*scan: off/);
  assert.ok(!world.radio.log.some((what) => what.startsWith("scan")));
});

test("a device that is known by its name is connected to where it was heard", async (t) => {
  const world = await aBleLink(t);
  world.radio.add(ADDRESS, SERVICES);
  const { device } = await world.attach({ match: { name: "Meter*" } }, { a: { char: "2A6E", length: 2 } });
  assert.match(await readOf(world, device, ["a"]), /^unreachable: /);
  await world.clock.advance(SECOND);
  while (!world.radio.advertise(ADDRESS, { name: "Meter 7" })) await world.clock.advance(SECOND);
  assert.equal(await readOf(world, device, ["a"]), "a = a608");
});

test("a device that only advertises is connected to when something is executed", async (t) => {
  const world = await aBleLink(t);
  const peripheral = world.radio.add(ADDRESS, { fff0: { fff1: {} } });
  const { device } = await world.attach(SECTION, { t: { manufacturer: 0x499, length: 1 } });
  assert.ok(!world.radio.log.includes(`connect ${ADDRESS}`));
  assert.equal(await outcome(world.clock, device.invoke([{ write: { uuid: "fff1" }, bytes: hex("01") }])), "done");
  assert.deepEqual(peripheral.log, ["write fff1 01"]);
});

test("a device that is detached is heard no more, and refuses what still comes", async (t) => {
  const world = await aBleLink(t);
  const { device, news } = await world.attach(SECTION, { t: { manufacturer: 0x499, length: 1 } });
  await device.close();
  news();
  world.radio.advertise(ADDRESS, { manufacturerData: new Map([[0x499, hex("05")]]) });
  await world.clock.advance(SECOND);
  assert.deepEqual(news(), []);
  await assert.rejects(device.read(["t"]), { name: "DeviceError" });
  await assert.rejects(device.invoke([]), { name: "DeviceError" });
});

test("what a device wants first is done after each connect, before anything is read", async (t) => {
  const world = await aBleLink(t);
  const peripheral = world.radio.add(ADDRESS, { fff0: { fff1: {}, fff2: { value: "07" } } });
  const setup = [{ char: "FFF1", hex: "01" }, { wait: "1s" }];
  const { device } = await world.attach({ ...SECTION, setup }, { a: { char: "FFF2", length: 1 } });
  assert.equal(await readOf(world, device, ["a"]), "a = 07");
  assert.deepEqual(peripheral.log, ["write fff1 01", "read fff2"]);
  peripheral.drop();
  assert.equal(await readOf(world, device, ["a"]), "a = 07");
  assert.deepEqual(peripheral.log.slice(2), ["write fff1 01", "read fff2"]);
});
