import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CODE } from "../../src/coap/codes.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { readComposite } from "../../src/lwm2m/composite-read.ts";
import { isWithin, type Path } from "../../src/lwm2m/path.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";

function aDevice(prefix = "d01"): FakeBacking {
  return new FakeBacking(prefix, {
    3: { version: "1.1", instances: { 0: { 0: "Acme", 4: "execute", 11: { several: { 0: 0, 1: 7 } } } } },
    3303: {
      instances: {
        0: { 5700: 21, 5701: "Cel" },
        1: { 5700: 22, 5701: new Lwm2mError(CODE.internalServerError, "away") },
      },
    },
  });
}

async function pathsOf(backing: FakeBacking, ...paths: readonly string[]): Promise<readonly Path[]> {
  return (await readComposite(backing, paths.map(at))).map(({ path }) => path);
}

test("paths of every level are read in one call, in their order", async () => {
  const backing = aDevice();
  assert.deepEqual(await pathsOf(backing, "/d01/3303/1/5700", "/d01/3/0/11/1", "/d01/3303/0", "/d01/3/0/11"), [
    "/d01/3303/1/5700",
    "/d01/3/0/11/0",
    "/d01/3/0/11/1",
    "/d01/3303/0/5700",
    "/d01/3303/0/5701",
  ]);
  assert.deepEqual(backing.calls, ["read /d01/3303/1/5700 /d01/3/0/11 /d01/3303/0/5700 /d01/3303/0/5701"]);
});

test("of a resource with instances only those that are named are told", async () => {
  assert.deepEqual(await pathsOf(aDevice(), "/d01/3/0/11/1"), ["/d01/3/0/11/1"]);
});

test("what is not there, cannot be read, or failed is left out", async () => {
  const backing = aDevice();
  const lacking = ["/d01/9", "/d01/3303/7", "/d01/3303/0/1", "/d01/3/0/11/9", "/d01/3/0/0/0", "/d01/3/0/4"];
  assert.deepEqual(await pathsOf(backing, ...lacking, "/d02", "/"), []);
  assert.deepEqual(backing.calls, [], "nothing is left to ask for");
  assert.deepEqual(await pathsOf(backing, "/d01/3303/1"), ["/d01/3303/1/5700"]);
});

test("the path of the prefix is everything of it", async () => {
  const all = ["3/0/0", "3/0/11/0", "3/0/11/1", "3303/0/5700", "3303/0/5701", "3303/1/5700"];
  assert.deepEqual(
    await pathsOf(aDevice(), "/d01"),
    all.map((path) => `/d01/${path}`),
  );
  assert.deepEqual(
    await pathsOf(aDevice(""), "/"),
    all.map((path) => `/${path}`),
  );
});

test("the objects of bootstrap are in nothing that the gateway tells of itself", async () => {
  const backing = new FakeBacking("", {
    0: { instances: { 0: { 0: "coap://s" } } },
    3: { instances: { 0: { 0: "A" } } },
  });
  assert.deepEqual(await pathsOf(backing, "/", "/0", "/0/0/0"), ["/3/0/0"]);
  assert.deepEqual(backing.calls, ["read /3/0/0"]);
});

test("however the paths overlap, each value is there once, and each lies within one of them", async () => {
  const levels = [
    "",
    "/3",
    "/3/0",
    "/3/0/0",
    "/3/0/11",
    "/3/0/11/0",
    "/3303",
    "/3303/0",
    "/3303/0/5700",
    "/3303/1/5701",
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...levels), { minLength: 1 }), async (chosen) => {
      const paths = chosen.map((level) => at(`/d01${level}`));
      const samples = (await readComposite(aDevice(), paths)).map(({ path }) => path);
      assert.deepEqual([...new Set(samples)], samples);
      const all = await pathsOf(aDevice(), "/d01");
      const expected = all.filter((path) => paths.some((named) => isWithin(path, named)));
      assert.deepEqual([...samples].sort(), [...expected].sort());
    }),
  );
});
