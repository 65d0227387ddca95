import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { Lwm2mError } from "../../src/errors.ts";
import type { CompositeRecord } from "../../src/lwm2m/formats/composite.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import type { Backing, ObjectTree } from "../../src/lwm2m/tree.ts";
import { readComposite, writableTypesIn, writeComposite } from "../../src/servers/composite.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";
import { settle } from "../support/fake-clock.ts";

/** The gateway with its lifetime, and devices with two dimmers each. `journal` has what was done, in order. */
function someTrees(...prefixes: readonly string[]) {
  const journal: string[] = [];
  const backings = new Map<string, FakeBacking>();
  const trees = new Map<string, ObjectTree>();
  for (const prefix of ["", ...prefixes]) {
    const backing = new FakeBacking(
      prefix,
      prefix === ""
        ? { 0: { instances: { 0: { 0: "coap://s" } } }, 1: { instances: { 0: { 0: 101, 1: 300, 8: "execute" } } } }
        : { 3306: { instances: { 0: { 5850: false, 5851: 10 }, 1: { 5850: true, 5851: 20 } } } },
    );
    backing.calls.push = (...calls) => journal.push(...calls);
    backings.set(prefix, backing);
    trees.set(prefix, new ModelTree(backing));
  }
  const treeOf = (prefix: string) => trees.get(prefix);
  const backingOf = (prefix: string): FakeBacking => backings.get(prefix) ?? assert.fail();
  return { journal, trees, treeOf, backingOf };
}

const values = (changes: Readonly<Record<string, Value>>): CompositeRecord[] =>
  Object.entries(changes).map(([path, value]) => ({ type: "value", path: at(path), value }));

async function refusal(work: Promise<unknown>): Promise<Lwm2mError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof Lwm2mError, String(error));
    return error;
  }
  assert.fail("nothing was refused");
}

test("a request that mixes the gateway and devices is one read of each", async () => {
  const { treeOf, journal } = someTrees("a", "b");
  const paths = ["/a/3306/0/5851", "/1/0/1", "/b/3306/1", "/a/3306/1/5851", "/c/3/0"].map(at);
  const samples = await readComposite(treeOf, paths);
  assert.deepEqual(
    samples.map(({ path, value }) => [path, value]),
    [
      ["/a/3306/0/5851", 10],
      ["/a/3306/1/5851", 20],
      ["/1/0/1", 300],
      ["/b/3306/1/5850", true],
      ["/b/3306/1/5851", 20],
    ],
  );
  assert.deepEqual(journal, [
    "read /a/3306/0/5851 /a/3306/1/5851",
    "read /1/0/1",
    "read /b/3306/1/5850 /b/3306/1/5851",
  ]);
});

test("devices are read side by side, 32 at most, and answered in the order of the request", async () => {
  const waiting: (() => void)[] = [];
  const tree = (prefix: string): ObjectTree => {
    const inner = new ModelTree(new FakeBacking(prefix, { 3: { instances: { 0: { 0: prefix } } } }));
    const read = inner.readComposite.bind(inner);
    const held: ObjectTree["readComposite"] = async (paths) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return read(paths);
    };
    return Object.assign(inner, { readComposite: held });
  };
  const prefixes = Array.from({ length: 40 }, (_, i) => `d${i}`);
  const trees = new Map(prefixes.map((prefix) => [prefix, tree(prefix)]));
  const read = readComposite(
    (prefix) => trees.get(prefix),
    prefixes.map((prefix) => at(`/${prefix}`)),
  );
  await settle();
  assert.equal(waiting.length, 32);
  waiting.pop()?.();
  await settle();
  assert.equal(waiting.length, 32, "one done, one more begun");
  while (waiting.length > 0) {
    for (const answer of waiting.splice(0)) answer();
    await settle();
  }
  assert.deepEqual(
    (await read).map(({ value }) => value),
    prefixes,
  );
});

test("devices are written before the gateway's own objects, each in the order of the request", async () => {
  const { treeOf, journal } = someTrees("a", "b");
  await writeComposite(
    treeOf,
    values({ "/1/0/1": 60, "/b/3306/0/5851": 1, "/a/3306/1/5851": 2, "/a/3306/0/5850": true }),
  );
  assert.deepEqual(journal, [
    "write /b/3306/0/5851=1",
    "write /a/3306/1/5851=2 /a/3306/0/5850=true",
    "write /1/0/1=60",
  ]);
});

test("nothing is written where anything cannot be, wherever it stands", async () => {
  const fine = values({ "/a/3306/0/5851": 1, "/1/0/1": 60 });
  const wrong: readonly (readonly [Readonly<Record<string, Value>>, number, RegExp])[] = [
    [{ "/c/3306/0/5851": 1 }, CODE.notFound, /no device is shown under the prefix c/],
    [{ "/b/3306/7/5851": 1 }, CODE.notFound, /no \/b\/3306\/7/],
    [{ "/b/3306/0/5851": "much" }, CODE.badRequest, /5851/],
    [{ "/b/3306/0/5851": 101 }, CODE.badRequest, /0\.\.100/],
    [{ "/1/0/0": 102 }, CODE.methodNotAllowed, /cannot be written/],
    [{ "/0/0/0": "coap://t" }, CODE.unauthorized, /object 0/],
  ];
  for (const [change, code, message] of wrong) {
    for (const records of [
      [...fine, ...values(change)],
      [...values(change), ...fine],
    ]) {
      const { treeOf, journal } = someTrees("a", "b");
      const error = await refusal(writeComposite(treeOf, records));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.deepEqual(journal, []);
    }
  }
});

test("a device that is away keeps the others from beginning", async () => {
  const { treeOf, backingOf, journal } = someTrees("a", "b");
  Object.assign(backingOf("b"), { absence: () => "b is offline" } satisfies Partial<Backing>);
  const error = await refusal(writeComposite(treeOf, values({ "/a/3306/0/5851": 1, "/b/3306/0/5851": 1 })));
  assert.deepEqual([error.code, error.message], [CODE.internalServerError, "b is offline"]);
  assert.deepEqual(journal, []);
});

test("of two records for one path the later stands, and is written once; the earlier has to be right all the same", async () => {
  const { treeOf, journal } = someTrees("a");
  const twice = (first: Value) => [
    ...values({ "/a/3306/0/5851": first, "/a/3306/0/5850": true }),
    ...values({ "/a/3306/0/5851": 3 }),
  ];
  await writeComposite(treeOf, twice(1));
  assert.deepEqual(journal, ["write /a/3306/0/5850=true /a/3306/0/5851=3"]);
  assert.equal((await refusal(writeComposite(treeOf, twice(101)))).code, CODE.badRequest);
  assert.equal(journal.length, 1);
});

test("a device that fails after another confirmed: 5.00, and what was written and what was not", async () => {
  const { treeOf, backingOf, journal } = someTrees("a", "b", "c");
  backingOf("b").failure = new Lwm2mError(CODE.internalServerError, "/b/3306/0/5851 was not written: no answer");
  const changes = { "/1/0/1": 60, "/a/3306/0/5851": 1, "/a/3306/0/5850": true, "/b/3306/0/5851": 1 };
  const { code, message } = await refusal(writeComposite(treeOf, values({ ...changes, "/c/3306/0/5851": 1 })));
  assert.equal(code, CODE.internalServerError);
  assert.equal(
    message,
    "/b/3306/0/5851 was not written: no answer; written: all of /a; not written: all of /c, the gateway itself",
  );
  assert.deepEqual(
    journal.map((call) => call.slice(0, 8)),
    ["write /a", "write /b"],
  );
});

test("a long list of what was not written is cut, and says by how much", async () => {
  const prefixes = Array.from({ length: 30 }, (_, i) => `d${i}`);
  const { treeOf, backingOf } = someTrees(...prefixes);
  backingOf("d0").failure = new Lwm2mError(CODE.internalServerError, "no");
  const changes = Object.fromEntries(prefixes.map((prefix) => [`/${prefix}/3306/0/5851`, 1]));
  const { message } = await refusal(writeComposite(treeOf, values(changes)));
  assert.equal(message, "no; not written: all of /d1, /d2, /d3, /d4, /d5 and 24 more");
});

test("a failure of the only device concerned is told as it is; a bug too, wherever", async () => {
  const { treeOf, backingOf } = someTrees("a");
  const failure = new Lwm2mError(CODE.internalServerError, "no answer");
  backingOf("a").failure = failure;
  assert.equal(await refusal(writeComposite(treeOf, values({ "/a/3306/0/5851": 1 }))), failure);
  const bug = new TypeError("undefined is not a function");
  backingOf("a").failure = bug;
  await assert.rejects(writeComposite(treeOf, values({ "/a/3306/0/5851": 1, "/1/0/1": 60 })), bug);
});

test("what may be written is asked of the tree: existence before type, and what holds no value is 4.05", () => {
  const { treeOf } = someTrees("a");
  const types = writableTypesIn(treeOf);
  assert.partialDeepStrictEqual(types(at("/a/3306/0/5851")), { type: "integer", multiple: false });
  for (const [path, code] of [
    ["/b/3306/0/5851", CODE.notFound],
    ["/a/3306/5/5851", CODE.notFound],
    ["/a/3306/0/5852", CODE.notFound],
    ["/0/0/0", CODE.unauthorized],
    ["/1/0/8", CODE.methodNotAllowed],
  ] as const) {
    assert.throws(
      () => types(at(path)),
      (error) => error instanceof Lwm2mError && error.code === code,
      path,
    );
  }
});
