import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DataModel } from "../../../adapters/modbus/data-model.ts";
import { serve } from "../../../adapters/modbus/serve.ts";
import { aDeviceOf, bytes, hex } from "../../support/modbus-device.ts";

/** The registers 0 … 15 and 0x6B … 0x6D, writable; two input registers; coils 19 … 37; inputs 196 … 217. */
function aModel(refuse: readonly string[] = []) {
  const keys: Record<string, object> = {};
  for (let i = 0; i < 16; i++) keys[`h${i}`] = { holding: i, write: true };
  for (const i of [0x6b, 0x6c, 0x6d]) keys[`h${i}`] = { holding: i };
  for (const i of [8, 9]) keys[`i${i}`] = { input: i };
  for (let i = 19; i < 38; i++) keys[`c${i}`] = { coil: i, write: true };
  for (let i = 196; i < 218; i++) keys[`d${i}`] = { discrete: i };
  const device = aDeviceOf(keys, { refuse, section: { block: { gap: 0 } } });
  for (const [id, point] of device.points) {
    const table = "table" in point ? point.table : undefined;
    device.values.set(id, table === "coil" || table === "discrete" ? false : Uint8Array.of(0, 0));
  }
  const set = (registers: Readonly<Record<string, string>>): void => {
    for (const [id, value] of Object.entries(registers)) device.values.set(id, bytes(value));
  };
  const bits = (table: "c" | "d", from: number, packed: string): void => {
    for (const [i, byte] of [...bytes(packed)].entries()) {
      for (let bit = 0; bit < 8; bit++) device.values.set(`${table}${from + 8 * i + bit}`, (byte & (1 << bit)) !== 0);
    }
  };
  const model = new DataModel(device);
  const ask = (request: string): string => hex(serve(model, bytes(request)));
  return { device, set, bits, ask, model };
}

test("the reads of the specification are answered as it shows", () => {
  // MODBUS Application Protocol V1.1b3 §6.1 to §6.4, the examples.
  const { ask, set, bits } = aModel();
  bits("c", 19, "cd 6b 05");
  bits("d", 196, "ac db 35");
  set({ h107: "02 2b", h108: "00 00", h109: "00 64", i8: "00 0a" });
  assert.equal(ask("01 00 13 00 13"), "01 03 cd 6b 05");
  assert.equal(ask("02 00 c4 00 16"), "02 03 ac db 35");
  assert.equal(ask("03 00 6b 00 03"), "03 06 02 2b 00 00 00 64");
  assert.equal(ask("04 00 08 00 01"), "04 02 00 0a");
});

test("the writes of the specification are echoed as it shows, and change the device", () => {
  // §6.5, §6.6, §6.11, §6.12, the examples (coil 173 of §6.5 at address 20 here).
  const { ask, device } = aModel();
  assert.equal(ask("05 00 14 ff 00"), "05 00 14 ff 00");
  assert.equal(device.values.get("c20"), true);
  assert.equal(ask("06 00 01 00 03"), "06 00 01 00 03");
  assert.deepEqual(device.values.get("h1"), bytes("00 03"));
  assert.equal(ask("0f 00 13 00 0a 02 cd 01"), "0f 00 13 00 0a");
  assert.equal(ask("01 00 13 00 0a"), "01 02 cd 01");
  assert.equal(ask("10 00 01 00 02 04 00 0a 01 02"), "10 00 01 00 02");
  assert.equal(ask("03 00 01 00 02"), "03 04 00 0a 01 02");
});

test("a masked write changes the bits of the OR mask outside the AND mask", () => {
  // §6.16: register 12h, AND F2h, OR 25h give 17h.
  const { ask, set, device } = aModel();
  set({ h4: "00 12" });
  assert.equal(ask("16 00 04 00 f2 00 25"), "16 00 04 00 f2 00 25");
  assert.deepEqual(device.values.get("h4"), bytes("00 17"));
});

test("read and write in one request writes first", () => {
  // §6.17, the example, with its six registers read and three written.
  const { ask, set } = aModel();
  set({ h3: "00 fe", h4: "0a cd", h5: "00 01", h6: "00 03", h7: "00 0d", h8: "00 ff" });
  assert.equal(ask("17 00 03 00 06 00 0d 00 03 06 00 ff 00 ff 00 ff"), "17 0c 00 fe 0a cd 00 01 00 03 00 0d 00 ff");
  assert.equal(ask("17 00 0d 00 01 00 0d 00 01 02 12 34"), "17 02 12 34");
});

test("a wrong request gets the exception that the specification names", () => {
  const cases = {
    "07": "87 01",
    "2b 0d 01 00": "ab 01",
    "2b 0e 05 00": "ab 03",
    "2b 0e 04 07": "ab 02",
    "03 00 10 00 01": "83 02",
    "03 00 0f 00 02": "83 02",
    "01 04 a1 00 01": "81 02",
    "04 ff ff 00 02": "84 02",
    "06 00 6b 00 01": "86 02",
    "05 00 c4 ff 00": "85 02",
    "03 00 00 00 00": "83 03",
    "03 00 00 00 7e": "83 03",
    "01 00 13 07 d1": "81 03",
    "05 00 13 12 34": "85 03",
    "06 00 01 00": "86 03",
    "0f 00 13 00 0a 01 cd": "8f 03",
    "10 00 01 00 02 04 00 0a": "90 03",
    "10 00 01 00 7c f8": "90 03",
    "03": "83 03",
  };
  const { ask } = aModel();
  for (const [request, answer] of Object.entries(cases)) assert.equal(ask(request), answer, request);
});

test("a value that the device refuses is an illegal data value; a point without a value is an illegal address", () => {
  const { ask, device } = aModel(["h1"]);
  assert.equal(ask("06 00 01 00 03"), "86 03");
  device.values.delete("h1");
  assert.equal(ask("03 00 01 00 01"), "83 02");
});

test("writing half of a value keeps the other half", () => {
  const device = aDeviceOf({ power: { holding: 0, length: 4, write: true } });
  device.values.set("power", bytes("11 22 33 44"));
  const model = new DataModel(device);
  assert.equal(hex(serve(model, bytes("06 00 01 aa bb"))), "06 00 01 aa bb");
  assert.deepEqual(device.values.get("power"), bytes("11 22 aa bb"));
});

test("bit fields share their register", () => {
  const device = aDeviceOf({ low: { holding: 0, write: true }, high: { holding: 0, write: true } });
  device.values.set("low", bytes("00 0f")).set("high", bytes("00 20"));
  const model = new DataModel(device);
  assert.equal(hex(serve(model, bytes("03 00 00 00 01"))), "03 02 00 2f");
  serve(model, bytes("06 00 00 00 71"));
  assert.deepEqual([device.values.get("low"), device.values.get("high")], [bytes("00 71"), bytes("00 71")]);
});

test("what is written elsewhere is found there, and only there it can be written", () => {
  const device = aDeviceOf({ state: { input: 5, write: { holding: 7 } } });
  device.values.set("state", bytes("00 01"));
  const model = new DataModel(device);
  assert.equal(hex(serve(model, bytes("06 00 07 00 02"))), "06 00 07 00 02");
  assert.equal(hex(serve(model, bytes("04 00 05 00 01"))), "04 02 00 02");
});

test("a gap that the mapping allows to be read over reads as zero; a wider one is refused, and none is written", () => {
  const device = aDeviceOf(
    { a: { holding: 0, write: true }, b: { holding: 3, write: true } },
    { section: { block: { gap: 2 } } },
  );
  device.values.set("a", bytes("00 01")).set("b", bytes("00 02"));
  const model = new DataModel(device);
  assert.equal(hex(serve(model, bytes("03 00 00 00 04"))), "03 08 00 01 00 00 00 00 00 02");
  assert.equal(hex(serve(model, bytes("03 00 00 00 05"))), "83 02");
  assert.equal(hex(serve(model, bytes("10 00 00 00 02 04 00 01 00 01"))), "90 02");
});

test("any bytes get an answer, of every function", () => {
  const { device } = aModel();
  const more = aDeviceOf({
    record: { file: { number: 4, record: 1 }, length: 8, write: true },
    name: { ident: 4 },
    own: { ident: 0x80 },
  });
  more.values.set("record", bytes("0dfe 0020 0000 0001")).set("name", "x".repeat(300)).set("own", "y".repeat(240));
  const both = new DataModel({
    ...more,
    points: new Map([...device.points, ...more.points]),
    get: (point) => more.get(point) ?? device.get(point),
  });
  const codes = fc.constantFrom(1, 2, 3, 4, 5, 6, 15, 16, 20, 21, 22, 23, 43, 8, 17, 0x80, 0xff);
  // Small numbers hit what is there.
  const rest = fc.array(fc.oneof(fc.integer({ min: 0, max: 16 }), fc.integer({ min: 0, max: 255 })), {
    maxLength: 252,
  });
  fc.assert(
    fc.property(codes, rest, (code, fields) => {
      const answer = serve(both, Uint8Array.of(code, ...fields));
      assert.ok(answer.length >= 2 && answer.length <= 253 && ((answer[0] ?? 0) & 0x7f) === (code & 0x7f));
    }),
    { numRuns: 2000 },
  );
});

test("records of a file are read and written as the specification shows", () => {
  // §6.14 and §6.15, the examples: two references in one request; the second file is another one here.
  const device = aDeviceOf({
    a: { file: { number: 4, record: 1 }, length: 4 },
    b: { file: { number: 3, record: 9 }, length: 4 },
    c: { file: { number: 4, record: 7 }, length: 6, write: true },
  });
  device.values.set("a", bytes("0dfe 0020")).set("b", bytes("33cd 0040")).set("c", bytes("0000 0000 0000"));
  const ask = (request: string): string => hex(serve(new DataModel(device), bytes(request)));
  const read = ask("14 0e 06 0004 0001 0002 06 0003 0009 0002".replaceAll(" ", ""));
  assert.equal(read, "14 0c 05 06 0d fe 00 20 05 06 33 cd 00 40");
  const write = "15 0d 06 00 04 00 07 00 03 06 af 04 be 10 0d";
  assert.equal(ask(write), write);
  assert.deepEqual(device.values.get("c"), bytes("06af 04be 100d"));
  assert.equal(ask("14 07 06 00 04 00 05 00 01"), "94 02");
  assert.equal(ask("14 07 05 00 04 00 01 00 01"), "94 02");
  assert.equal(ask("14 06 06 00 04 00 01 00"), "94 03");
  assert.equal(ask("15 09 06 00 04 00 01 00 01 00 01"), "95 02");
});

test("an identification that does not fit one answer goes on in the next", () => {
  const device = aDeviceOf({ name: { ident: 4 }, model: { ident: 5 } });
  device.values.set("name", "n".repeat(200)).set("model", "m".repeat(200));
  const model = new DataModel({ ...device, identity: { manufacturer: "Maker", version: "2.1" } });
  const first = serve(model, bytes("2b 0e 02 00"));
  assert.equal(hex(first.slice(0, 7)), "2b 0e 02 82 ff 05 04");
  const second = serve(model, bytes("2b 0e 02 05"));
  assert.equal(hex(second.slice(0, 9)), "2b 0e 02 82 00 00 01 05 c8");
  assert.equal(hex(serve(model, bytes("2b 0e 04 02"))), "2b 0e 04 82 00 00 01 02 03 32 2e 31");
});
