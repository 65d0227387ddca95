import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { modbus } from "../../../../adapters/modbus/index.ts";
import { deviceLines } from "../../../../adapters/modbus/tools/recognise.ts";
import { scanPlan, unitsOf } from "../../../../adapters/modbus/tools/scan-plan.ts";
import { DeviceError, WrongArguments } from "../../../../src/adapter.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { hasTool } from "../../../support/foreign-tool.ts";
import { aDeviceOf, aSimulation } from "../../../support/modbus-device.ts";
import { chainOf, common, foreign, inverter } from "../../../support/sunspec-device.ts";
import { temporaryDirectory } from "../../../support/temp.ts";
import { aToolContext, theArguments } from "../../../support/tool-context.ts";
import { aToolSlave, holdingFrom, identified } from "../../../support/tool-slave.ts";

const scan = (await modbus.tools?.())?.scan;
assert.ok(scan !== undefined);
const EASTRON = {
  required: [],
  name: "eastron-sdm630",
  manufacturer: "Eastron",
  model: "SDM630-Modbus",
};

/** SunSpec Device Information Model V1.1 §6.2: "SunS", model 1 of 66 registers. */
function sunSpec(manufacturer: string, model: string, serial: string): Buffer {
  const bytes = Buffer.alloc(2 * 70);
  bytes.write("SunS", 0);
  bytes.writeUInt16BE(1, 4);
  bytes.writeUInt16BE(66, 6);
  bytes.write(manufacturer, 8);
  bytes.write(model, 40);
  bytes.write(serial, 104);
  return bytes;
}

test("who answers is found, and who that is; what a gateway does not reach is nobody", async (t) => {
  const slave = await aToolSlave(t, {
    2: identified("Eastron", "SDM630-Modbus", "V2.0"),
    4: holdingFrom(40_000, sunSpec("Fronius", "Symo 10.0-3-M", "29301234")),
    5: (pdu) => (pdu[0] === 17 ? [17, 8, 0x01, 0xff, ...Buffer.from("ACME 7")] : [(pdu[0] ?? 0) | 0x80, 1]),
    6: () => [0x83, 2],
  });
  const context = aToolContext({ mappings: async () => [EASTRON] });
  const args = theArguments([], { host: "127.0.0.1", port: String(slave.port), units: "1-6" });
  const { lines, data, ok } = await scan.run(args, context);
  assert.equal(ok, true);
  assert.equal(
    context.told[0],
    "asking 6 addresses takes at most 6 s: 1s for each that does not answer. Ctrl-C ends it, and shows what was found",
  );
  assert.deepEqual(context.told.slice(1), [
    "unit 2: Eastron, SDM630-Modbus, V2.0",
    "unit 4: SunSpec at 40000: Fronius, Symo 10.0-3-M, serial number 29301234",
    "unit 5: ACME 7",
    "unit 6: answers, and does not say who it is",
  ]);
  assert.ok(lines.includes("4 of 6 addresses answered"), lines.join("\n"));
  assert.equal(lines.at(-1), "  - { id: eastron-sdm630-2, mapping: eastron-sdm630, link: LINK, unit_id: 2 }");
  const { found } = JSON.parse(JSON.stringify(data));
  assert.deepEqual(
    found.map(({ unit, mappings }: { unit: number; mappings: string[] }) => [unit, mappings]),
    [
      [2, ["eastron-sdm630"]],
      [4, []],
      [5, []],
      [6, []],
    ],
  );
});

test("silent addresses cost their wait and no more, and the connection stays", async (t) => {
  const slave = await aToolSlave(t, {
    1: () => undefined,
    2: () => undefined,
    3: () => undefined,
    4: identified("Acme", "X"),
  });
  const args = theArguments([], { host: "127.0.0.1", port: String(slave.port), units: "1-4", timeout: "200ms" });
  const context = aToolContext();
  await scan.run(args, context);
  assert.deepEqual([slave.connections, context.told.slice(1)], [1, ["unit 4: Acme, X"]]);
  assert.deepEqual(
    [context.progressed[0], context.progressed.at(-1)],
    ["asked 1 of 4 addresses", "asked 4 of 4 addresses"],
  );
});

test("Ctrl-C ends it with what was found", async (t) => {
  const stopping = new AbortController();
  const slave = await aToolSlave(t, { 1: identified("Acme", "X"), 2: identified("Acme", "Y") });
  const context = aToolContext({
    signal: stopping.signal,
    tell: (line) => line.startsWith("unit 1") && stopping.abort(),
  });
  const args = theArguments([], { host: "127.0.0.1", port: String(slave.port), units: "1-200" });
  const { lines, ok } = await scan.run(args, context);
  assert.equal(ok, false);
  assert.ok(lines.includes("stopped before the end; 1 of 200 addresses answered"), lines.join("\n"));
});

test("where nobody takes the connection, the scan says so and does not go through all addresses", async () => {
  const args = theArguments([], { host: "127.0.0.1", port: "1", units: "1-247" });
  await assert.rejects(
    scan.run(args, aToolContext()),
    (error) => error instanceof DeviceError && /ECONNREFUSED/.test(error.message),
  );
});

test("a link that a running gateway uses is not scanned without --yes, and the cost is told before", async () => {
  const link = {
    id: "bus1",
    type: "modbus-tcp",
    options: { timeout: 500 },
    ask: async () => ({ pdu: "8302", took: 1 }),
    sharedWith: ["meter-1", "meter-2"],
  };
  const context = aToolContext({ link });
  await assert.rejects(
    scan.run(theArguments([], { units: "1-10" }), context),
    /^WrongArguments: the running gateway polls 2 devices on link bus1: say --yes where that may suffer$/,
  );
  assert.match(
    context.told.join("\n"),
    /takes at most 5 s: 500ms .*\nthe running gateway polls meter-1, meter-2 on this link: .* waits for up to 500ms more/,
  );
  const { ok } = await scan.run(theArguments([], { units: "1-2", yes: true }), context);
  assert.equal(ok, true);
});

test("on a link that is a serial port an address costs what it costs on a port of one's own", () => {
  const schema = modbus.linkTypes["modbus-rtu"];
  assert.ok(schema !== undefined);
  const link = (keys: object) => ({
    id: "bus1",
    type: "modbus-rtu",
    options: schema.parse({ port: "/dev/x", line: "9600-8N1", ...keys }),
    ask: async () => ({ pdu: "8302", took: 1 }),
    sharedWith: [],
  });
  const plan = (keys: object) => scanPlan(theArguments([], {}), aToolContext({ link: link(keys) }));
  assert.deepEqual([plan({}).timeout, plan({}).silence], [323, 646]);
  assert.equal(plan({ timeout: "2s" }).timeout, 2000);
});

test("where nobody answers it is told what to look at, and without settings there is no column of them", async () => {
  const clock = new FakeClock();
  const silence = {
    id: "box",
    type: "modbus-tcp",
    options: {},
    ask: async () => {
      await clock.advance(1000);
      return { silence: "no answer" };
    },
    sharedWith: [],
  };
  const nobody = await scan.run(theArguments([], { units: "1-2" }), aToolContext({ link: silence, clock }));
  assert.equal(nobody.ok, false);
  assert.match(nobody.lines.join("\n"), /0 of 2 addresses answered\nwhat to do: .*--type modbus-rtu-over-tcp/);
  const somebody = { ...silence, ask: async () => ({ pdu: "8302", took: 1 }) };
  const { lines } = await scan.run(theArguments([], { units: "1" }), aToolContext({ link: somebody }));
  assert.ok(lines.includes("UNIT  AFTER  WHO"), lines.join("\n"));
});

test("a line that is not there is told as that, for one address too", async () => {
  const ask = async () => {
    throw new DeviceError("unreachable", "there is no port /dev/x");
  };
  const link = { id: "bus1", type: "modbus-rtu", options: {}, ask, sharedWith: [] };
  await assert.rejects(scan.run(theArguments([], { units: "7" }), aToolContext({ link })), /there is no port \/dev\/x/);
});

test("baud rates and parities multiply, and the time is that of the slowest", () => {
  const args = theArguments([], { port: "/dev/x", line: "9600-8N1", bauds: "9600,19200", parity: "n,e" });
  const { settings, timeout, silence, units } = scanPlan(args, aToolContext());
  assert.deepEqual(
    settings.map(({ text }) => text),
    ["9600-8N1", "19200-8N1", "9600-8E1", "19200-8E1"],
  );
  // 22 characters of 11 bits at 9600 baud are 25.2 ms, and the device has 300 ms to think.
  assert.deepEqual([timeout, silence, units.length], [326, 652, 247]);
});

test("lists of addresses are read as people write them, and wrong ones are told", () => {
  assert.deepEqual(unitsOf("1,5, 10-12,11"), [1, 5, 10, 11, 12]);
  assert.deepEqual(unitsOf("3..4"), [3, 4]);
  for (const wrong of ["", "x", "5-1", "256", "1-2-3"]) assert.throws(() => unitsOf(wrong), WrongArguments, wrong);
  assert.throws(
    () => scanPlan(theArguments([], { host: "h", bauds: "9600" }), aToolContext()),
    /--bauds and --parity are for a serial port/,
  );
  const parity = theArguments([], { port: "/dev/x", line: "9600-8N1", parity: "m" });
  assert.throws(() => scanPlan(parity, aToolContext()), /--parity: expected n, e or o, found "m"/);
});

test("a mapping is proposed where manufacturer and model are named, the more exact first", () => {
  const mappings = [
    { name: "eastron-sdm72d", manufacturer: "Eastron", model: "SDM72D-M", required: [] },
    { name: "eastron-sdm72d-v2", manufacturer: "Eastron", model: "SDM72D-M V2", required: [] },
    { name: "other", manufacturer: "Acme", model: "SDM72D-M", required: [] },
  ];
  const lines = (product: string) =>
    deviceLines({ unit: 7, identity: { vendor: "EASTRON Ltd.", product } }, mappings, "bus1");
  assert.deepEqual(lines("SDM72D-M V2"), [
    "  - { id: eastron-sdm72d-v2-7, mapping: eastron-sdm72d-v2, link: bus1, unit_id: 7 }  # or eastron-sdm72d",
  ]);
  assert.deepEqual(lines("SDM72D-M"), [
    "  - { id: eastron-sdm72d-7, mapping: eastron-sdm72d, link: bus1, unit_id: 7 }",
  ]);
  assert.deepEqual(lines("SDM99"), []);
});

test("on a serial port every baud rate and parity is tried, and a device that answers to two is one line", async (t) => {
  if (!hasTool(t, "socat", "apt-get install -y socat")) return;
  const port = join(temporaryDirectory(t), "bus");
  const device = {
    ...aDeviceOf({ level: { holding: 0 } }, { section: { unit_id: 7 } }),
    identity: { manufacturer: "Eastron", model: "SDM630-Modbus" },
  };
  const simulation = await aSimulation([device], { type: "modbus-rtu", pty: port });
  t.after(() => simulation.close());
  const args = theArguments([], { port, line: "9600-8N1", bauds: "9600,19200", units: "7" });
  const { lines, ok } = await scan.run(args, aToolContext({ mappings: async () => [EASTRON] }));
  assert.equal(ok, true);
  assert.ok(lines.includes("2 of 2 attempts answered"), lines.join("\n"));
  assert.equal(lines.filter((line) => line.includes("mapping: eastron-sdm630")).length, 1);
});

test("a SunSpec device gets a line for each part of it that a packaged mapping reads", async (t) => {
  const meter = foreign(203, 105);
  const words = chainOf([
    common("SolarEdge", "SE10K", "7E1"),
    inverter(103, {}),
    foreign(160, 48),
    common("WattNode"),
    meter,
    common("WattNode"),
    meter,
  ]);
  const bytes = Buffer.from(words.flatMap((word) => [word >> 8, word & 0xff]));
  const slave = await aToolSlave(t, { 1: holdingFrom(50_000, bytes) });
  const names = ["sunspec-battery", "sunspec-inverter", "sunspec-meter"];
  const context = aToolContext({ mappings: async () => names.map((name) => ({ name, required: [] })) });
  const args = theArguments([], { host: "127.0.0.1", port: String(slave.port), units: "1" });
  const { lines, data } = await scan.run(args, context);
  assert.equal(
    context.told.at(-1),
    "unit 1: SunSpec at 50000: SolarEdge, SE10K, serial number 7E1, models 103, 160, 203",
  );
  assert.deepEqual(lines.slice(-3), [
    "  - { id: sunspec-inverter-1, mapping: sunspec-inverter, link: LINK, unit_id: 1, strings: 2 }",
    "  - { id: sunspec-meter-1, mapping: sunspec-meter, link: LINK, unit_id: 1, common: 2 }",
    "  - { id: sunspec-meter-1-2, mapping: sunspec-meter, link: LINK, unit_id: 1, number: 2, common: 3 }",
  ]);
  const { found } = JSON.parse(JSON.stringify(data));
  assert.deepEqual(found[0].mappings, ["sunspec-inverter", "sunspec-meter"]);
});
