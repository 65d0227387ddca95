import assert from "node:assert/strict";
import test from "node:test";
import { hex } from "../../../support/hci-host.ts";
import { playedBle } from "../../../support/played-ble.ts";

const ADDRESS = "c4:12:34:56:78:9a";
const RX = "6e400002-b5a3-f393-e0a9-e50e24dcca9e";
const TX = "6e400003-b5a3-f393-e0a9-e50e24dcca9e";

const setting = {
  section: {
    match: { address: ADDRESS },
    uart: "nordic",
    frame: { end: "\n" },
    requests: {
      temperature: { send: "T?\n", expect: "T=(?<degrees>-?[\\d.]+)" },
      name: { send: "N?\n", expect: "N=(?<name>.*)" },
      lamp: { send: "L {value}\n", expect: "OK", fail: { ERR: "stuck" } },
    },
  },
  points: {
    temperature: { request: "temperature", field: "degrees" },
    name: { request: "name", field: "name" },
    lamp: { request: "lamp", write: true },
    battery: { char: "2a19" },
  },
  values: { temperature: "21.5", name: "x".repeat(30), battery: hex("58") },
} as const;

/** Connected, and subscribed to `says`. */
async function connected(more: Parameters<typeof playedBle>[0] = setting, hears = RX, says = TX) {
  const world = playedBle(more);
  world.host.connect(ADDRESS);
  await world.clock.advance(1000);
  world.host.events();
  const [device] = world.controller.peripherals;
  assert.ok(device?.connected === true);
  const heard = handleText(device.characteristic(hears).valueHandle);
  const said = handleText(device.characteristic(says).valueHandle);
  const subscribe = (): readonly string[] =>
    world.host.att(1, `12${handleText(device.characteristic(says).valueHandle + 1)}0100`);
  /** What it notifies, as text. */
  const texts = (pdus: readonly string[]): readonly string[] =>
    pdus.filter((pdu) => pdu.startsWith(`1b${said}`)).map((pdu) => Buffer.from(pdu.slice(6), "hex").toString("latin1"));
  /** Writes without response; what it says at once. */
  const tell = (text: string): readonly string[] =>
    texts(world.host.att(1, `52${heard}${Buffer.from(text, "latin1").toString("hex")}`));
  return { ...world, device, heard, subscribe, texts, tell };
}

function handleText(handle: number): string {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(handle);
  return bytes.toString("hex");
}

test("what is written to one characteristic is answered by the other, in whatever pieces it comes", async () => {
  const { subscribe, tell, values } = await connected();
  subscribe();
  assert.deepEqual(tell("T?\n"), ["T=21.5\n"]);
  values.set("temperature", "-3");
  assert.deepEqual([...tell("T"), ...tell("?"), ...tell("\n")], ["T=-3\n"]);
});

test("what is longer than a packet is notified in pieces of what both ends have agreed on", async () => {
  const { host, subscribe, tell } = await connected();
  subscribe();
  const whole = `N=${"x".repeat(30)}\n`;
  assert.deepEqual(tell("N?\n"), [whole.slice(0, 20), whole.slice(20)]);
  host.att(1, "021e00");
  assert.deepEqual(tell("N?\n"), [whole.slice(0, 27), whole.slice(27)]);
  host.att(1, "02f700");
  assert.deepEqual(tell("N?\n"), [whole]);
});

test("a value that is written is the device's, and what it refuses it says in its own words", async () => {
  const { host, heard, subscribe, texts, tell, values, refused } = await connected();
  subscribe();
  const confirmed = host.att(1, `12${heard}${Buffer.from("L 7\n").toString("hex")}`);
  assert.ok(confirmed.includes("13"));
  assert.deepEqual(texts(confirmed), ["OK\n"]);
  assert.equal(values.get("lamp"), "7");
  refused.add("lamp");
  assert.deepEqual(tell("L 8\n"), ["ERR\n"]);
  assert.equal(values.get("lamp"), "7");
});

test("nobody hears it who has not subscribed, and other characteristics stand beside it", async () => {
  const { device, host, tell } = await connected();
  assert.deepEqual(tell("T?\n"), []);
  assert.deepEqual(host.att(1, `0a${handleText(device.characteristic("2a19").valueHandle)}`), ["0b58"]);
});

test("what it says by itself is said once a second, until it is closed", async () => {
  const { section } = setting;
  const { host, clock, peripheral, subscribe, texts } = await connected({
    section: { ...section, requests: {}, messages: { level: { match: "LEVEL (?<mm>\\d+)" } } },
    points: { level: { message: "level", field: "mm" } },
    values: { level: "12" },
  });
  subscribe();
  await clock.advance(2000);
  assert.deepEqual(texts(host.heardAtt()), ["LEVEL 12\n", "LEVEL 12\n"]);
  peripheral.close();
  await clock.advance(2000);
  assert.deepEqual(texts(host.heardAtt()), []);
});

test("one characteristic may be both, without a service that the mapping names", async () => {
  const section = { ...setting.section, uart: { write: "ffe1", notify: "ffe1" } };
  const { device, subscribe, tell } = await connected({ ...setting, section }, "ffe1", "ffe1");
  assert.equal(device.database.characteristics.filter(({ uuid }) => uuid === "ffe1").length, 1);
  subscribe();
  assert.deepEqual(tell("T?\n"), ["T=21.5\n"]);
});
