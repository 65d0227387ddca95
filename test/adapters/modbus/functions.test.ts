/** What the adapter asks a device for, beyond plain reads and writes: files, identification, read/write in one, quirks. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { modbus } from "../../../adapters/modbus/index.ts";
import { tcpOptionsSchema } from "../../../adapters/modbus/options.ts";
import type { DeviceLink } from "../../../src/adapter.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { aContext, aDeviceOf, aSimulation, bytes, hex, pointsOf, portOf } from "../../support/modbus-device.ts";
import { readAll } from "../../support/modbus-reader.ts";
import { type Behaviour, exception, frame, ScriptedSlave, silent, zeros } from "../../support/scripted-slave.ts";

type Keys = Readonly<Record<string, object>>;

async function aLink(t: TestContext, port: number, keys: Keys, section: object = {}) {
  const clock = new FakeClock();
  const link = await modbus.open(tcpOptionsSchema.parse({ host: "127.0.0.1", port }), aContext({ clock }));
  t.after(() => link.close());
  const device = modbus.device.parse({ unit_id: 1, ...section });
  return { clock, link: await link.attach(device, pointsOf(keys, device), { onReadings() {}, onReachable() {} }) };
}

async function aSlave(t: TestContext, keys: Keys, section: object = {}, ...script: readonly Behaviour[]) {
  const slave = await ScriptedSlave.listen();
  t.after(() => slave.close());
  slave.next(...script);
  const asked = (): string[] => slave.requests.map(({ pdu }) => hex(pdu));
  return { slave, asked, ...(await aLink(t, slave.port, keys, section)) };
}

async function aPlayed(
  t: TestContext,
  keys: Keys,
  values: Readonly<Record<string, string | boolean>>,
  section: object = {},
) {
  const played = aDeviceOf(keys, { section });
  for (const [id, value] of Object.entries(values)) {
    played.values.set(id, typeof value === "string" && !id.startsWith("text") ? bytes(value) : value);
  }
  const simulation = await aSimulation([{ ...played, identity: { manufacturer: "Maker", model: "M1" } }]);
  t.after(() => simulation.close());
  return { played, ...(await aLink(t, portOf(simulation), keys, section)) };
}

const written = async (link: DeviceLink, point: string, value: string | boolean): Promise<void> =>
  link.write(point, typeof value === "string" ? bytes(value) : value);

test("records of files are read and written, and verified", async (t) => {
  const keys = {
    count: { file: { number: 4, record: 7 }, length: 4, write: { verify: "1s" } },
    part: { file: { number: 4, record: 20, length: 5 } },
    level: { holding: 0 },
  };
  const { played, link } = await aPlayed(t, keys, { count: "00 00 00 01", part: "12 34", level: "00 07" });
  assert.deepEqual(await readAll(link, "count", "part", "level"), { count: "00000001", part: "1234", level: "0007" });
  await written(link, "count", "00 00 00 02");
  assert.deepEqual(played.values.get("count"), bytes("00 00 00 02"));
});

test("a part of a record is written under the line's lock, and the rest stays", async (t) => {
  const keys = { mode: { file: { number: 1, record: 0 }, write: true } };
  const { played, link } = await aPlayed(t, keys, { mode: "12 34" });
  await link.write("mode", bytes("00 50"), bytes("00 f0"));
  assert.deepEqual(played.values.get("mode"), bytes("12 54"));
});

test("the identification of a device is read in one request, with what the mapping says of it", async (t) => {
  const keys = { text1: { ident: "vendor" }, text2: { ident: "model" }, text3: { ident: 0x80 }, gone: { ident: 0x90 } };
  const { link } = await aPlayed(t, keys, { text2: "Model 5", text3: "own" });
  const { gone, ...rest } = await readAll(link, ...(Object.keys(keys) as (keyof typeof keys)[]));
  assert.deepEqual(rest, { text1: "Maker", text2: "Model 5", text3: "own" });
  assert.match(String(gone), /exception 2/);
});

test("a device that says nothing to an identification keeps its registers, and is gone only where those are", async (t) => {
  const keys = { text: { ident: "vendor" }, level: { holding: 0 } };
  const { link, clock, slave } = await aSlave(t, keys, {}, zerosFor, silent);
  const reading = readAll(link, "text", "level");
  await slave.received(2);
  await clock.advance(1000);
  assert.deepEqual(await reading, {
    level: "0000",
    text: "unit 1: read identification object 0x0 (FC 43/14): no answer within 1s",
  });
});

const zerosFor: Behaviour = (request, socket) => socket.write(zeros(request));

test("FC 23 writes and reads back in one request; verify needs no other", async (t) => {
  const keys = { level: { holding: 0x10, length: 4, write: { fc: 23, holding: 0x20, verify: "1s" } } };
  const answer: Behaviour = (request, socket) => socket.write(frame(request, 23, 4, 1, 2, 3, 4));
  const { link, asked } = await aSlave(t, keys, {}, answer);
  await written(link, "level", "01 02 03 04");
  assert.deepEqual(asked(), ["17 00 10 00 02 00 20 00 02 04 01 02 03 04"]);
});

test("FC 23 that reads something else back is asked again until verify ends", async (t) => {
  const keys = { level: { holding: 1, write: { fc: 23, verify: "0ms" } } };
  const other: Behaviour = (request, socket) => socket.write(frame(request, 23, 2, 0, 9));
  const { link, asked } = await aSlave(t, keys, {}, other, zerosFor);
  await assert.rejects(written(link, "level", "00 07"), /wrote 0007 to holding 0x1, but read 0000 back/);
  assert.deepEqual(asked(), ["17 00 01 00 01 00 01 00 01 02 00 07", "03 00 01 00 01"]);
});

test("quirk first-coil-zero: every read of coils begins at 0, and the right bits come out of it", async (t) => {
  const keys = Object.fromEntries([3, 9, 70, 1999].map((coil) => [`c${coil}`, { coil, write: { verify: "0ms" } }]));
  const section = { quirks: ["first-coil-zero"], block: { gap: 0 } };
  const coils: Behaviour = (request, socket) => {
    const count = request.pdu.readUInt16BE(3);
    const packed = new Array<number>(Math.ceil(count / 8)).fill(0);
    for (const coil of [9, 1999]) if (coil < count) packed[coil >> 3] = (packed[coil >> 3] ?? 0) | (1 << (coil & 7));
    socket.write(frame(request, 1, packed.length, ...packed));
  };
  const { link, slave, asked } = await aSlave(t, keys, section);
  slave.otherwise = (request, socket) => (request.pdu[0] === 1 ? coils : zerosFor)(request, socket);
  assert.deepEqual(await readAll(link, "c3", "c9", "c70", "c1999"), { c3: false, c9: true, c70: false, c1999: true });
  assert.ok(asked().every((request) => request.startsWith("01 00 00")));
  await written(link, "c9", true);
  assert.throws(
    () => pointsOf({ far: { coil: 2000 } }, modbus.device.parse({ unit_id: 1, ...section })),
    /no read from coil 0/,
  );
});

test("quirk one-value-per-request: no read spans two points, but bits of one register come together", async (t) => {
  const keys = {
    a: { holding: 0 },
    b: { holding: 1, length: 4 },
    c: { holding: 1, length: 4 },
    d: { coil: 0 },
    e: { coil: 1 },
  };
  const { link, asked } = await aSlave(t, keys, { quirks: ["one-value-per-request"] });
  await readAll(link, "a", "b", "c", "d", "e");
  assert.deepEqual(asked(), ["03 00 00 00 01", "03 00 01 00 02", "01 00 00 00 01", "01 00 01 00 01"]);
});

test("quirk max-block-40: no read asks for more than 40 registers", async (t) => {
  const keys = Object.fromEntries(Array.from({ length: 81 }, (_, i) => [`p${i}`, { input: i }]));
  const { link, slave } = await aSlave(t, keys, { quirks: ["max-block-40"] });
  await readAll(link, ...Object.keys(keys));
  assert.deepEqual(
    slave.requests.map(({ pdu }) => pdu.readUInt16BE(3)),
    [40, 40, 1],
  );
});

test("quirk write-multiple-only: single values go by FC 16 and 15, in steps too", async (t) => {
  const { link, asked } = await aSlave(
    t,
    { h: { holding: 1, write: true }, c: { coil: 2, write: true } },
    { quirks: ["write-multiple-only"] },
  );
  await written(link, "h", "00 07");
  await written(link, "c", true);
  await link.invoke([
    { holding: 3, value: bytes("00 01") },
    { coil: 4, value: false },
  ]);
  assert.deepEqual(asked(), [
    "10 00 01 00 01 02 00 07",
    "0f 00 02 00 01 01 01",
    "10 00 03 00 01 02 00 01",
    "0f 00 04 00 01 01 00",
  ]);
});

test("quirk write-single-only: a value of two registers goes by FC 6, one after the other", async (t) => {
  const { link, asked } = await aSlave(
    t,
    { h: { holding: 1, length: 4, write: true } },
    { quirks: ["write-single-only"] },
  );
  await written(link, "h", "00 07 00 08");
  assert.deepEqual(asked(), ["06 00 01 00 07", "06 00 02 00 08"]);
});

test("quirk loose-echo: any answer confirms a write, an exception does not", async (t) => {
  const keys = { h: { holding: 1, write: true } };
  const wrong: Behaviour = (request, socket) => socket.write(frame(request, 6, 0, 0, 0, 0));
  const strict = await aSlave(t, keys, {}, wrong);
  await assert.rejects(written(strict.link, "h", "00 07"), /echo differs/);
  const loose = await aSlave(t, keys, { quirks: ["loose-echo"] }, wrong, exception(2));
  await written(loose.link, "h", "00 07");
  await assert.rejects(written(loose.link, "h", "00 07"), /illegal data address/);
});

test("quirks are a closed list that says what was expected", () => {
  const parse = (...quirks: readonly string[]): unknown => modbus.device.parse({ unit_id: 1, quirks });
  assert.throws(() => parse("first-coil"), /expected one of .*first-coil-zero/);
  assert.throws(() => parse("echo"), /echo: true/);
  assert.throws(() => parse("write-multiple-only", "write-single-only"), /exclude each other/);
});
