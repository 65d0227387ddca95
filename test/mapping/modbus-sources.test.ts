/** Files, identification and quirks as a mapping has them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { modbus, resolved } from "./mapping-text.ts";

/** What is wrong with these resources, which begin in line 5. */
function problems(objects: string, above = ""): readonly string[] {
  return resolved(modbus(objects, above)).problems.filter((problem) => !problem.includes("warning"));
}

test("the records of a file and the identification of a device are sources like any other", () => {
  const { plan, problems: told } = resolved(
    modbus(`  3:
    manufacturer: { ident: vendor, poll: connect }
    firmware_version: { ident: 0x02 }
  3303: { sensor_value: { file: { number: 4, record: 7 }, as: f32, order: CDAB, unit: Cel } }
  3306: { 0: { dimmer: { file: { number: 1, record: 2 }, write: { verify: 1s } } } }`),
  );
  assert.deepEqual(
    told.filter((problem) => !problem.includes("warning")),
    [],
  );
  const pointOf = (path: string): unknown => {
    const source = plan?.resources.get(path)?.source;
    return source?.kind === "point" ? source.point : undefined;
  };
  assert.deepEqual(pointOf("3/0/0"), { ident: 0 });
  assert.deepEqual(pointOf("3/0/3"), { ident: 2 });
  assert.deepEqual(pointOf("3303/0/5700"), { file: 4, record: 7, count: 2, length: 2 });
  assert.deepEqual(pointOf("3306/0/5851"), { file: 1, record: 2, count: 1, length: 1, write: { verify: 1000 } });
});

test("each mistake in them is told at its place", () => {
  assert.deepEqual(problems("  3: { manufacturer: { ident: vender } }"), [
    '5:31: error: ident: expected one of vendor, product, revision, url, product_name, model, application, or the number of an object up to 0xFF, found "vender"',
  ]);
  assert.deepEqual(problems("  3303: { sensor_value: { file: { number: 0, record: 7 } } }").length, 1);
  assert.match(
    problems("  3303: { sensor_value: { file: { number: 1, rekord: 7 } } }").join(),
    /5:46: error: unknown key "rekord"; did you mean "record"/,
  );
  assert.match(
    problems("  3306: { 0: { on/off: { ident: 1, write: true } } }").join(),
    /the source "ident" cannot be written/,
  );
  assert.match(
    problems("  3306: { 0: { dimmer: { file: { number: 1, record: 2 }, write: { fc: 16 } } } }").join(),
    /a record is written where it is read, by FC 21/,
  );
  assert.match(
    problems("  3303: { sensor_value: { file: { number: 1, record: 2, length: 1 }, as: f32 } }").join(),
    /the value takes 2 registers, but only 1 are asked for/,
  );
});

test("quirks stand at the top of a mapping, and unknown ones are told with the list", () => {
  const objects = "  3303: { sensor_value: { input: 0 } }";
  const { plan, problems: told } = resolved(modbus(objects, "quirks: [one-value-per-request, max-block-40]\n"));
  assert.deepEqual(
    told.filter((problem) => !problem.includes("warning")),
    [],
  );
  assert.ok(plan !== undefined);
  assert.match(JSON.stringify(plan.device), /"max":40,.*"single":true/);
  assert.match(
    problems(objects, "quirks: [frist-coil-zero]\n").join(),
    /error: .*expected one of first-coil-zero, one-value-per-request/,
  );
  assert.match(problems(objects, "quirks: [echo]\n").join(), /echo: true/);
});

test("who a device says it is fills its identity", () => {
  const above = "identity: { manufacturer: { ident: vendor }, model: M-1, serial_number: { ident: 0x80 } }\n";
  const { plan, problems: told } = resolved(modbus("  3303: { sensor_value: { input: 0 } }", above));
  assert.deepEqual(
    told.filter((problem) => !problem.includes("warning")),
    [],
  );
  const sources = ["3/0/0", "3/0/2"].map((path) => plan?.resources.get(path)?.source);
  assert.deepEqual(
    sources.map((source) => source?.kind === "point" && source.point),
    [{ ident: 0 }, { ident: 128 }],
  );
});

test("FC 23 is for registers", () => {
  assert.deepEqual(problems("  3306: { 0: { dimmer: { holding: 1, write: { fc: 23, verify: 1s } } } }"), []);
  assert.match(
    problems("  3306: { 0: { on/off: { coil: 1, write: { fc: 23 } } } }").join(),
    /FC 23 cannot write a coil; expected 5 or 15/,
  );
});
