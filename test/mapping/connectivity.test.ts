import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceSource } from "../../src/mapping/plan-types.ts";
import { modbus, planOf, resolved } from "./mapping-text.ts";

const SENSOR = "  3303: { 5700: { input: 0 } }";

/** What object 4 has: the value of a constant, "link:rssi", or "point". */
function objectFour(connectivity: string, objects = SENSOR): Record<string, unknown> {
  const { resources } = planOf(
    modbus(objects, `params: { b: { type: int, default: 22 } }\nconnectivity: ${connectivity}\n`),
  );
  const four = [...resources.values()].filter(({ object }) => object === 4);
  return Object.fromEntries(four.map(({ point, source }) => [point, shown(source)]));
}

function shown(source: ResourceSource): unknown {
  if (source.kind === "constant") return source.value;
  return source.kind === "link" ? `link:${source.fact}` : source.kind;
}

function problemsOf(connectivity: string, objects = SENSOR): readonly string[] {
  return resolved(modbus(objects, `connectivity: ${connectivity}\n`)).problems;
}

test("without connectivity there is no object 4; with it all that is mandatory, and nothing is missing", () => {
  assert.deepEqual([...planOf(modbus(SENSOR)).objects.keys()], [3303]);
  assert.deepEqual(objectFour("{}"), { "4/0/0": 41, "4/0/1/0": 41, "4/0/2": 0, "4/0/4/0": "link:address" });
  assert.deepEqual(problemsOf("{}"), []);
});

test("a radio has a strength, by itself or from a source", () => {
  assert.deepEqual(objectFour("{ bearer: bluetooth, link_quality: auto }"), {
    "4/0/0": 22,
    "4/0/1/0": 22,
    "4/0/2": "link:rssi",
    "4/0/3": "link:link_quality",
    "4/0/4/0": "link:address",
  });
  const { "4/0/2": rssi, "4/0/5/0": router } = objectFour(
    "{ bearer: wlan, rssi: { input: 7, as: s16 }, router: 10.0.0.1 }",
  );
  assert.deepEqual([rssi, router], ["point", "10.0.0.1"]);
});

test("a bearer may be a number or a parameter, an address a text", () => {
  assert.equal(objectFour("{ bearer: 7 }")["4/0/0"], 7);
  assert.equal(objectFour("{ bearer: $b }")["4/0/1/0"], 22);
  assert.equal(objectFour("{ ip_address: 192.0.2.7 }")["4/0/4/0"], "192.0.2.7");
});

test("what the mapping itself says of object 4 stands", () => {
  const objects = `${SENSOR}\n  4: { version: "1.1", 0: { const: 21 }, "ip_addresses[1]": { link: address }, signalsnr: { input: 9 } }`;
  assert.deepEqual(objectFour("{ bearer: ethernet }", objects), {
    "4/0/0": 21,
    "4/0/1/0": 41,
    "4/0/2": 0,
    "4/0/4/0": "link:address",
    "4/0/4/1": "link:address",
    "4/0/11": "point",
  });
});

test("mistakes are told where they stand", () => {
  assert.match(
    problemsOf("{ bearer: bluetoth }")[0] ?? "",
    /^4:25: error: bearer: unknown bearer "bluetoth"; did you mean "bluetooth"\?/,
  );
  assert.match(problemsOf("{ rsi: auto }")[0] ?? "", /unknown key "rsi"; did you mean "rssi"\?/);
  assert.match(problemsOf("wlan")[0] ?? "", /^4:15: error: expected a map/);
  assert.match(problemsOf("{ rssi: { inptu: 1 } }")[0] ?? "", /unknown key "inptu"/);
  const wrong = "  3303: { 5700: { link: address } }";
  assert.match(
    problemsOf("{}", wrong)[0] ?? "",
    /\/3303\/0\/5700 Sensor Value cannot be the address of the link, which is a String/,
  );
});
