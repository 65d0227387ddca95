import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { type AdapterModule, durationSchema } from "../../src/adapter.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { compileSteps, type StepContext, StepError, type StepRecord } from "../../src/mapping/steps.ts";
import { COIL, hex, REGISTERS, SCALAR } from "./specs.ts";

/** An adapter with registers, coils, a text protocol and pauses. */
const schema = z.union([
  z.strictObject({ holding: z.number(), value: z.instanceof(Uint8Array), fc: z.number().optional() }),
  z.strictObject({ coil: z.number(), value: z.boolean() }),
  z.strictObject({ publish: z.string(), value: z.union([z.string(), z.number()]) }),
  z.strictObject({ request: z.string(), options: z.object({ tags: z.array(z.string()) }).optional() }),
  z.strictObject({ wait: durationSchema }),
]) satisfies AdapterModule["step"];

const context: StepContext = {
  shape: (step) => ("coil" in step ? COIL : "publish" in step ? SCALAR : REGISTERS),
  parse: (step) => schema.parse(step),
};

function run(steps: readonly StepRecord[], ...args: readonly string[]): readonly unknown[] {
  return compileSteps(steps, context)(new Map(args.entries()));
}

function stepError(steps: readonly StepRecord[], more: Partial<StepContext> = {}): StepError {
  try {
    compileSteps(steps, { ...context, ...more });
  } catch (error) {
    assert.ok(error instanceof StepError, String(error));
    return error;
  }
  return assert.fail("nothing was refused");
}

function answer(steps: readonly StepRecord[], ...args: readonly string[]): string {
  const compiled = compileSteps(steps, context);
  try {
    compiled(new Map(args.entries()));
  } catch (error) {
    assert.ok(error instanceof Lwm2mError, String(error));
    assert.equal(error.code, 0x80);
    return error.message;
  }
  return assert.fail("nothing was refused");
}

test("value becomes what the wire carries, and a pause its milliseconds", () => {
  const steps = run([
    { holding: 40099, as: "u16", value: 0xa5a5 },
    { wait: "3s" },
    { coil: 1, value: true },
    { holding: 1, as: "f32", order: "CDAB", value: 230.5, fc: 16 },
    { holding: 2, as: "string", length: 4, value: "ON" },
    { holding: 3, as: "bytes", length: 2, value: "0A FF" },
    { publish: "t", value: "go" },
  ]);
  assert.deepEqual(steps, [
    { holding: 40099, value: hex("a5a5") },
    { wait: 3000 },
    { coil: 1, value: true },
    { holding: 1, value: hex("80004366"), fc: 16 },
    { holding: 2, value: hex("4f4e0000") },
    { holding: 3, value: hex("0aff") },
    { publish: "t", value: "go" },
  ]);
});

test("a register step without as takes the shape's type, and the device's order holds", () => {
  assert.deepEqual(run([{ holding: 1, value: 2 }]), [{ holding: 1, value: hex("0002") }]);
  const steps = compileSteps([{ holding: 1, as: "u32", value: 1 }], { ...context, order: "CDAB" });
  assert.deepEqual(steps(new Map()), [{ holding: 1, value: hex("00010000") }]);
  const own = compileSteps([{ holding: 1, as: "u32", order: "ABCD", value: 1 }], { ...context, order: "CDAB" });
  assert.deepEqual(own(new Map()), [{ holding: 1, value: hex("00000001") }]);
  const parts = compileSteps([{ holding: 1, as: "u32", order: { words: "little", bytes: "big" }, value: 1 }], context);
  assert.deepEqual(parts(new Map()), [{ holding: 1, value: hex("00010000") }]);
});

test("the arguments of Execute fill values and texts", () => {
  const steps: readonly StepRecord[] = [
    { holding: 1, as: "s16", value: "$0" },
    { coil: 2, value: "$1" },
    { publish: "set/$2", value: "$0 W for $$5" },
    { request: "x", options: { tags: ["$2", "b"] } },
  ];
  assert.deepEqual(run(steps, "-5", "1", "lamp"), [
    { holding: 1, value: hex("fffb") },
    { coil: 2, value: true },
    { publish: "set/lamp", value: "-5 W for $5" },
    { request: "x", options: { tags: ["lamp", "b"] } },
  ]);
});

test("a missing or wrong argument is answered 4.00", () => {
  assert.equal(answer([{ holding: 1, value: "$0" }]), "argument 0 is missing: the device needs it");
  assert.equal(answer([{ holding: 1, value: "$0" }], "abc"), 'value: "abc" is no u16');
  assert.match(answer([{ holding: 1, value: "$0" }], "65536"), /65536 does not fit u16/);
  assert.match(answer([{ coil: 1, value: "$0" }], "maybe"), /is no bool/);
  assert.equal(answer([{ request: "x", extra: "$0" }], "1"), "the device cannot do it with these arguments");
});

test("an argument is text: it cannot bring arguments of its own", () => {
  assert.deepEqual(run([{ publish: "t", value: "$0" }], "$1", "secret"), [{ publish: "t", value: "$1" }]);
});

test("steps without arguments are checked when the mapping is read", () => {
  const wide = stepError([{ wait: "1s" }, { holding: 1, value: 70000 }]);
  assert.equal(wide.index, 1);
  assert.equal(wide.key, "value");
  assert.match(wide.message, /70000 does not fit u16/);
  assert.equal(stepError([{ holding: 1, as: "flaot32", value: 1 }]).key, "as");
  assert.equal(stepError([{ holding: 1, order: "ABDC", value: 1 }]).key, "order");
  assert.equal(stepError([{ holding: 1, order: 7, value: 1 }]).key, "order");
  assert.equal(stepError([{ holding: 1, as: "string", value: "x" }]).key, "length");
  assert.equal(stepError([{ request: "x", as: "u16" }]).message, '"as" has no meaning without "value"');
  const schemaError = stepError([{ wait: "soon" }]);
  assert.equal(schemaError.key, undefined);
  assert.ok(schemaError.cause instanceof z.ZodError);
});

test("the type of a step with arguments is checked when the mapping is read too", () => {
  assert.equal(stepError([{ holding: 1, as: "flaot32", value: "$0" }]).key, "as");
});

test("a bug of an adapter is no mistake of the mapping", () => {
  const broken = (): unknown => {
    throw new TypeError("x is not a function");
  };
  assert.throws(() => compileSteps([{ request: "x" }], { ...context, parse: broken }), TypeError);
});
