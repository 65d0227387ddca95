import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import type { Converted, ResourceSource } from "../../src/mapping/plan-types.ts";
import { aDevice } from "../support/a-device.ts";
import { constant, point } from "../support/device-plan.ts";

const VOLTAGE = "3316/0/5700";
const CURRENT = "3317/0/5700";
const POWER = "3328/0/5700";
const SHARE = "3328/0/5603";
const at = (id: string) => parsePath(`/meter-1/${id}`);

function derived(inputs: readonly string[], compute: (...values: number[]) => number | Converted): ResourceSource {
  return {
    kind: "derived",
    inputs,
    compute(values: readonly Value[]) {
      const result = compute(...values.map(Number));
      return typeof result === "number" ? { good: result } : result;
    },
  };
}

const PRODUCT = derived([VOLTAGE, CURRENT], (voltage, current) => (voltage ?? 0) * (current ?? 0));
const METER = { [VOLTAGE]: point(), [CURRENT]: point(), [POWER]: PRODUCT };

/** A device that has been online for a while. */
async function online(...given: Parameters<typeof aDevice>) {
  const all = aDevice(...given);
  all.fake.set(VOLTAGE, 230).set(CURRENT, 2);
  all.device.start();
  await all.clock.advance(25 * SECOND);
  all.fake.requests.length = 0;
  all.batches.length = 0;
  return all;
}

const refused = (message: RegExp) => (error: unknown) =>
  error instanceof Lwm2mError && error.code === 0xa0 && message.test(error.message);

test("a computed value comes with the read that changed it, once, at the time of its newest input", async () => {
  const { clock, fake, batches } = await online(METER);
  fake.set(VOLTAGE, 231).set(CURRENT, 3);
  await clock.advance(10 * SECOND);
  assert.equal(batches.length, 1);
  const samples = batches[0] ?? [];
  assert.deepEqual(
    samples.map(({ path, value }) => [path, value]),
    [
      [at(VOLTAGE), 231],
      [at(CURRENT), 3],
      [at(POWER), 693],
    ],
  );
  assert.equal(samples[2]?.time, Math.max(samples[0]?.time ?? 0, samples[1]?.time ?? 0));
});

test("one that stays the same is younger, and not reported", async () => {
  const { clock, fake, batches, device } = await online(METER);
  fake.set(VOLTAGE, 460).set(CURRENT, 1);
  await clock.advance(10 * SECOND);
  assert.deepEqual(
    batches.flat().map(({ path }) => path),
    [at(VOLTAGE), at(CURRENT)],
  );
  assert.equal(device.status().values.find(({ path }) => path === at(POWER))?.value, 460);
});

test("a read of a computed value asks for what is stale of its inputs, and for nothing else", async () => {
  const { fake, read } = await online({ ...METER, [CURRENT]: point({ poll: "never" }) });
  fake.set(CURRENT, 4);
  assert.deepEqual(await read(at(POWER)), { [POWER]: 920 });
  assert.deepEqual(fake.reads, [[CURRENT]]);
});

test("inputs that several values share are asked for once", async () => {
  const { fake, read } = await online({
    [VOLTAGE]: point({ poll: "never" }),
    [CURRENT]: point({ poll: "never" }),
    [POWER]: PRODUCT,
    [SHARE]: derived([POWER, VOLTAGE], (power, voltage) => (power ?? 0) / (voltage ?? 0)),
  });
  assert.deepEqual(await read(at("3328/0")), { [SHARE]: 2, [POWER]: 460 });
  assert.deepEqual(fake.reads, [[VOLTAGE, CURRENT]]);
});

test("where an input is bad, so is what is computed from it, and good again with it", async () => {
  const { clock, fake, read, batches } = await online({ ...METER, [SHARE]: derived([POWER], (power) => power ?? 0) });
  fake.set(CURRENT, -1);
  await clock.advance(10 * SECOND);
  assert.deepEqual(batches, []);
  await assert.rejects(
    read(at(SHARE)),
    refused(
      /3328\/0\/5603 could not be computed: .*5700 could not be computed: \/meter-1\/3317\/0\/5700 could not be read: -1 means no value/,
    ),
  );
  fake.set(CURRENT, 3);
  await clock.advance(10 * SECOND);
  assert.deepEqual(await read(at(SHARE)), { [SHARE]: 690 });
});

test("an expression without a value says why, and the log says it once", async () => {
  const divided = derived([VOLTAGE, CURRENT], (a = 0, b = 0) => (b === 0 ? { bad: "division by zero" } : a / b));
  const { clock, fake, read, lines } = await online({ ...METER, [SHARE]: divided });
  fake.set(CURRENT, 0);
  lines.length = 0;
  await clock.advance(MINUTE);
  await assert.rejects(read(at(SHARE)), refused(/5603 could not be computed: division by zero/));
  assert.equal(lines.filter(({ level }) => level === "warn").length, 1);
  assert.deepEqual(await read(at("3328/0")), { [POWER]: 0 });
});

test("a computation that fails is a bug that costs its own value only", async () => {
  const broken = derived([VOLTAGE], () => {
    throw new TypeError("oops");
  });
  const { read } = await online({ ...METER, [SHARE]: broken });
  assert.deepEqual(await read(at("3328/0")), { [POWER]: 460 });
  await assert.rejects(read(at(SHARE)), refused(/the gateway failed to compute it/));
});

test("what a server writes is computed with at once", async () => {
  const written = point({ readable: true, writable: true });
  const setpoint = "3308/0/5900";
  const { fake, tree, said } = await online({
    [setpoint]: written,
    [POWER]: derived([setpoint], (value = 0) => value * 2),
  });
  await tree.write(at(setpoint), [{ path: at(setpoint), value: 21 }], "replace");
  assert.deepEqual(said(), { [setpoint]: 21, [POWER]: 42 });
  assert.equal(fake.reads.length, 0);
});

test("a value of constants alone is there from the start", async () => {
  const ratio = "3328/0/5601";
  const { read } = await online({ [ratio]: constant(40), [POWER]: derived([ratio], (value = 0) => value * 2) });
  assert.deepEqual(await read(at(POWER)), { [POWER]: 80 });
});

test("a device that is away answers for its computed values as for the others", async () => {
  const { clock, fake, read } = await online(METER);
  fake.alive = false;
  await clock.advance(MINUTE);
  await assert.rejects(read(at(POWER)), refused(/meter-1 is offline/));
});

test("who observes a computed value makes its inputs faster, within their limit", async () => {
  const fast = point({ fastest: SECOND });
  const { clock, fake, device } = await online({ [VOLTAGE]: fast, [CURRENT]: fast, [POWER]: PRODUCT });
  device.steer(at(POWER), [{ path: at(POWER), epmin: 0, epmax: 2 * SECOND }]);
  await clock.advance(10 * SECOND);
  fake.requests.length = 0;
  await clock.advance(20 * SECOND);
  assert.equal(fake.reads.length, 10);
});
