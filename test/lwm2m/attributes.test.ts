import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { Lwm2mError } from "../../src/errors.ts";
import {
  type Attributes,
  areThresholdsConsistent,
  checkAttributes,
  parseAttributes,
  parseCompositeAttributes,
  parseObserveAttributes,
} from "../../src/lwm2m/attributes.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { at } from "../support/fake-backing.ts";

const badRequest = (error: unknown): boolean => error instanceof Lwm2mError && error.code === CODE.badRequest;

test("values set and bare names take away", () => {
  assert.deepEqual(
    [...parseAttributes(["pmin=5", "pmax", "gt=-3.5", "lt=-1e1", "st=.5", "edge=1", "con=0", "hqmax=10"])],
    [
      ["pmin", 5],
      ["pmax", undefined],
      ["gt", -3.5],
      ["lt", -10],
      ["st", 0.5],
      ["edge", 1],
      ["con", 0],
      ["hqmax", 10],
    ],
  );
});

test("an integer that a double cannot hold keeps its digits, however it is written", () => {
  const threshold = (text: string) => parseAttributes([`gt=${text}`]).get("gt");
  assert.equal(threshold("9007199254740993"), 9007199254740993n);
  assert.equal(threshold("-9007199254740993"), -9007199254740993n);
  assert.equal(threshold("9.007199254740993e15"), 9007199254740993n);
  assert.equal(threshold("90071992547409930E-1"), 9007199254740993n);
  assert.equal(threshold("9007199254740993.0"), 9007199254740993n);
  assert.equal(threshold("18446744073709551615"), 18446744073709551615n);
  assert.equal(threshold("9007199254740991"), 9007199254740991);
  assert.equal(threshold("9007199254740993.5"), 9007199254740994);
  assert.equal(threshold("1e300"), 1e300);
  assert.equal(threshold("-1e-300"), -1e-300);
  assert.equal(threshold("-.5e1"), -5);
});

test("what is no attribute, or no value of it, is 4.00", () => {
  const bad = [
    ["pmin=-1"],
    ["pmin=1.5"],
    ["pmin="],
    ["pmin=1e3"],
    ["pmin=99999999999999999999"],
    ["epmin=-10"],
    ["st=-1"],
    ["gt=+1"],
    ["gt=x"],
    ["gt="],
    ["gt=1e999"],
    ["edge=2"],
    ["con=true"],
    ["hqmax=-1"],
    ["foo=1"],
    ["foo"],
    [""],
    ["PMIN=1"],
    ["pmin=1", "pmin=2"],
    ["pmin=1=2"],
    ["toString"],
  ];
  for (const queries of bad) assert.throws(() => parseAttributes(queries), badRequest, queries.join("&"));
});

test("an Observe has attributes with values or none; a composite one only those of objects", () => {
  assert.equal(parseObserveAttributes([]), undefined);
  assert.deepEqual(parseObserveAttributes(["pmin=1", "gt=3"]), { pmin: 1, gt: 3 });
  assert.throws(() => parseObserveAttributes(["pmin"]), badRequest);
  assert.equal(parseCompositeAttributes([]), undefined);
  assert.deepEqual(parseCompositeAttributes(["pmin=1", "con=1"]), { pmin: 1, con: 1 });
  assert.throws(() => parseCompositeAttributes(["gt=1"]), badRequest);
  assert.throws(() => parseCompositeAttributes(["hqmax=1"]), badRequest);
  assert.throws(() => parseCompositeAttributes(["epmin=5", "epmax=5"]), badRequest);
});

test("value conditions belong to resources of a type that they can judge", () => {
  const check = (attributes: Attributes, path: string) => checkAttributes(attributes, at(path), catalogue.typeOf);
  check({ gt: 1, lt: -1, st: 0.5 }, "/d01/3303/0/5700");
  check({ gt: 1 }, "/3/0/9");
  check({ gt: 1 }, "/3/0/7/0");
  check({ edge: 1 }, "/3306/0/5850");
  check({ pmin: 1, pmax: 2, epmin: 3, epmax: 4, con: 1, hqmax: 5 }, "/3303");
  for (const name of ["gt", "lt", "st", "edge"]) {
    assert.throws(() => check({ [name]: 1 }, "/3303"), badRequest);
    assert.throws(() => check({ [name]: 1 }, "/3303/0"), badRequest);
    assert.throws(() => check({ [name]: 1 }, "/3/0/0"), badRequest);
  }
  assert.throws(() => check({ edge: 1 }, "/3303/0/5700"), badRequest);
  assert.throws(() => check({ gt: 1 }, "/3306/0/5850"), badRequest);
  assert.throws(
    () => check({ pmin: 1 }, "/3/0/4"),
    (error) => error instanceof Lwm2mError && error.code === CODE.methodNotAllowed,
  );
});

test("thresholds must leave room between them; pmax below pmin is allowed", () => {
  const check = (attributes: Attributes) => checkAttributes(attributes, at("/3303/0/5700"), catalogue.typeOf);
  check({ lt: 20, gt: 85, st: 10 });
  check({ pmin: 10, pmax: 5 });
  check({ pmin: 10, pmax: 0 });
  assert.throws(() => check({ lt: 5, gt: 5 }), badRequest);
  assert.throws(() => check({ lt: 6, gt: 5 }), badRequest);
  assert.throws(() => check({ lt: 20, gt: 40, st: 10 }), badRequest);
  assert.throws(() => check({ lt: 0.7, gt: 0.9, st: 0.1 }), badRequest, "though doubles say that it is less");
  check({ lt: 9007199254740992n, gt: 9007199254740993n });
  assert.throws(() => check({ lt: 9007199254740993n, gt: 9007199254740993n }), badRequest);
  assert.throws(() => check({ epmin: 5, epmax: 5 }), badRequest);
  assert.equal(areThresholdsConsistent({ st: 100 }), true);
});
