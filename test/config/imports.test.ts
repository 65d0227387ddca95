import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { importAddress } from "../../adapters/modbus/imported-address.ts";
import { type Loaded, loadFolder, withDevices } from "./config-folder.ts";

const MAPPING = `mapping: own
protocol: modbus
modbus: { unit_id: 1 }
objects:
  10242:
    import: registers.csv
    defaults: { poll: 30s }
    tension_s: { scale: 2 }
`;

const CSV = `resource,address,as,unit,valid,scale
tension_r,1!400011#BB,f32,V,"[0, 400]",
tension_s,300004,u16,V,,0.1
frequency,1!400020,u16,Hz,,0.01
4711,,,,,
`;

async function load(t: Parameters<typeof loadFolder>[0], csv: string, mapping = MAPPING): Promise<Loaded> {
  return loadFolder(t, {
    ...withDevices("{ id: m, mapping: own, link: bus }"),
    "mappings/own.yaml": mapping,
    "mappings/registers.csv": csv,
  });
}

const errors = ({ problems }: Loaded): readonly string[] => problems.filter((problem) => problem.includes(" error: "));

test("a list of registers makes the resources of an object, and what the object says itself stands above it", async (t) => {
  const loaded = await load(t, CSV.replace("4711,,,,,\n", ""));
  assert.deepEqual(errors(loaded), []);
  const source = (point: string): Readonly<Record<string, unknown>> =>
    JSON.parse(JSON.stringify(loaded.config?.devices[0]?.resources.get(point)?.source));
  const { point, poll } = source("10242/0/4");
  assert.deepEqual([point, poll], [{ table: "holding", address: 10, count: 2 }, { every: 30_000 }]);
  const { point: second } = source("10242/0/14");
  assert.deepEqual(second, { table: "input", address: 3, count: 1 });
  const tension = loaded.config?.devices[0]?.resources.get("10242/0/14")?.source;
  assert.ok(tension?.kind === "point");
  assert.deepEqual(tension.toValue(Uint8Array.of(0, 100)), { good: 200 }, "the object's own scale");
});

test("what is wrong in a list is told at its cell", async (t) => {
  assert.match(
    errors(await load(t, CSV)).join("\n"),
    /mappings\/registers\.csv:5:1: error: object 10242 .* has no resource 4711/,
  );
  const cell = async (from: string, to: string): Promise<string> =>
    errors(await load(t, CSV.replace("4711,,,,,\n", "").replace(from, to))).join("\n");
  assert.match(
    await cell("300004", "200004"),
    /registers\.csv:3:11: error: address: "200004" is no address; expected e\.g\. 1!400011/,
  );
  assert.match(await cell("#BB", "#XX"), /registers\.csv:2:11: error: address: "1!400011#XX": unknown order #XX/);
  assert.match(
    await cell("1!400020", "2!400020"),
    /registers\.csv:4:11: error: this line is about unit 2, others about 1/,
  );
  assert.match(await cell('"[0, 400]"', '"[400, 0]"'), /registers\.csv:2:29: error: .*the lower end stands first/);
  assert.match(await cell("f32", "flaot32"), /registers\.csv:2:23: error: unknown type "flaot32"/);
  assert.match(await cell("resource", "name"), /mappings\/own\.yaml:6:13: error: import: .* has no column "resource"/);
  const none = await load(t, CSV, MAPPING.replace("registers.csv", "no.csv"));
  assert.match(
    errors(none).join("\n"),
    /mappings\/own\.yaml:6:13: error: cannot read .*no\.csv: there is no such file/,
  );
});

test("addresses are read as they are documented, and written as the mapping writes them", () => {
  const keys = (text: string, addressing = "zero", as?: string) =>
    importAddress(text, { keys: as === undefined ? {} : { as }, section: { addressing } });
  assert.deepEqual(keys("1!400011#CDAB"), { unit: "1", keys: { holding: "10", order: "CDAB" } });
  assert.deepEqual(keys("40011.3"), { keys: { holding: "10", bits: "3" } });
  assert.deepEqual(keys("1!400020.10H"), {
    unit: "1",
    keys: { holding: "19", as: "string", length: "10", order: "ABCD" },
  });
  assert.deepEqual(keys("300001.10", "one", "string").keys, { input: "1", as: "string", length: "10", order: "BADC" });
  assert.deepEqual(keys("000001", "modicon").keys, { coil: "000001" });
  assert.deepEqual(keys("100006", "modicon").keys, { discrete: "100006" });
  assert.throws(() => keys("400001.16"), /a register has the bits 0 to 15/);
  assert.throws(() => keys("400001.10D"), /one byte in each register/);
  assert.throws(() => keys("400000"), /registers count from 1/);
});

test("whatever stands in a column of addresses is keys or a sentence", () => {
  const part = fc.oneof(
    fc.constantFrom("1!", "4", "00011", ".", "#", "BB", "10", "H", "CDAB"),
    fc.string({ maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 7 }), (parts) => {
      try {
        const { keys } = importAddress(parts.join(""), { keys: {}, section: {} });
        assert.ok(Object.keys(keys).length > 0);
      } catch (error) {
        assert.ok(error instanceof RangeError);
      }
    }),
  );
});
