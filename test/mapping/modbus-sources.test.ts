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

test("a point of a SunSpec model is a source like any other; blocks that repeat are counted into its offset", () => {
  const { plan, problems: told } = resolved(
    modbus(`  3:
    manufacturer: { sunspec: { model: 1, point: Mn }, poll: connect }
  3328: { sensor_value: { sunspec: { model: [103, 113], point: W }, unit: W } }
  3316: { sensor_value: { sunspec: { model: 160, point: DCV, block: 2 }, unit: V } }
  3317: { sensor_value: { sunspec: { model: 64001, offset: 12, type: int16, scale: 14, nth: 2 }, unit: A } }`),
  );
  assert.deepEqual(
    told.filter((problem) => !problem.includes("warning")),
    [],
  );
  const pointOf = (path: string): unknown => {
    const source = plan?.resources.get(path)?.source;
    return source?.kind === "point" ? source.point : undefined;
  };
  const [w, float] = [
    { model: 103, name: "W", offset: 14, type: "int16", registers: 1, scale: 15 },
    { model: 113, name: "W", offset: 22, type: "float32", registers: 2, scale: undefined },
  ];
  assert.deepEqual(pointOf("3328/0/5700"), { sunspec: { candidates: [w, float], nth: 1 } });
  const string = { model: 160, name: "DCV", offset: 40, type: "uint16", registers: 1, scale: 3 };
  assert.deepEqual(pointOf("3316/0/5700"), { sunspec: { candidates: [string], nth: 1 } });
  const own = { model: 64_001, name: "offset 12", offset: 12, type: "int16", registers: 1, scale: 14 };
  assert.deepEqual(pointOf("3317/0/5700"), { sunspec: { candidates: [own], nth: 2 } });
});

test("each mistake in a point of a SunSpec model is told at its place", () => {
  const wrong = (source: string, more = ""): string =>
    problems(`  3328: { sensor_value: { sunspec: { ${source} }${more} } }`).join("\n");
  assert.match(
    wrong("model: 103, point: PhVPhA"),
    /5:57: error: .*model 103 has no point "PhVPhA"; did you mean "PhVphA"/,
  );
  assert.match(wrong("model: 64001, point: W"), /5:45: error: .*the points of model 64001 are not known/);
  assert.match(wrong("model: 103"), /expected point: the name of the point in the model/);
  assert.match(wrong("model: 103, point: W, block: 1"), /"W" of model 103 is in no block that repeats/);
  assert.match(wrong("model: 160, point: DCW"), /"DCW" of model 160 is in each of its blocks: say which/);
  assert.match(wrong("model: 64001, offset: 12"), /"offset" needs the type of the point/);
  assert.match(wrong("model: 64001, offset: 12, type: s16"), /type/);
  assert.match(wrong("model: 64001, offset: 12, type: string"), /"type: string" needs its registers/);
  assert.match(wrong("model: 1, point: Mn, offset: 2"), /expected one of point, offset/);
  assert.match(wrong("model: 103, point: W, scale: 15"), /"scale" goes with "offset"/);
  assert.match(wrong("modell: 103, point: W"), /unknown key "modell"; did you mean "model"/);
  assert.match(
    problems("  3306: { 0: { dimmer: { sunspec: { model: 123, offset: 5, type: uint16 }, write: true } } }").join(),
    /the source "sunspec" cannot be written/,
  );
});
