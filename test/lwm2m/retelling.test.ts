import assert from "node:assert/strict";
import { test } from "node:test";
import { Lwm2mError, spoken, type Words } from "../../src/errors.ts";
import { type Path, withoutPrefix } from "../../src/lwm2m/path.ts";
import { badRequest, notFound } from "../../src/lwm2m/refusals.ts";
import { Retelling } from "../../src/lwm2m/retelling.ts";
import { at } from "../support/fake-backing.ts";

const rebased = new Retelling(withoutPrefix);

test("an error is told of the paths that the server knows, with its code and its cause", () => {
  const error = notFound(at("/meter-1/3303/0"));
  assert.equal(error.message, "there is no /meter-1/3303/0");
  const told = rebased.error(error);
  assert.deepEqual([told.code, told.message, told.cause], [error.code, "there is no /3303/0", error]);
});

test("what only looks like a path is no path", () => {
  const error = badRequest('"/meter-1/3303/0" is no name');
  assert.equal(rebased.error(error), error);
  const named = badRequest((as) => `${as("/meter-1/3303/0")}: see http://host/meter-1/3303/0`);
  assert.equal(rebased.error(named).message, "/3303/0: see http://host/meter-1/3303/0");
});

test("what is told anew twice, and words within words, name each path by its last name", () => {
  const reason: Words = (as) => `${as("/meter-1/3303/1")} could not be read`;
  const error = badRequest((as) => `${as("/meter-1/3303/0")} could not be computed: ${spoken(reason, as)}`);
  const moved = new Retelling((path) => at(path.replace("/3303/", "/3304/")));
  assert.equal(moved.error(rebased.error(error)).message, "/3304/0 could not be computed: /3304/1 could not be read");
});

test("what is refused at once and what fails in the middle are told anew, and a bug is not", async () => {
  const lost = (path: Path) => () => {
    throw notFound(path);
  };
  const isTold = (error: unknown): boolean => error instanceof Lwm2mError && error.message === "there is no /3303/0";
  const path = at("/meter-1/3303/0");
  assert.throws(() => rebased.of(lost(path)), isTold);
  assert.throws(() => rebased.commit(lost(path)), isTold);
  await assert.rejects(rebased.commit(() => async () => lost(path)())(), isTold);
  const bug = new TypeError("a bug at /meter-1/3303/0");
  await assert.rejects(
    rebased.done(() => Promise.reject(bug)),
    (error) => error === bug,
  );
});
