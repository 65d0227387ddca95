/** Random requests to stored objects, beside a model that is simple enough to believe. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Lwm2mError } from "../../../src/errors.ts";
import type { ModelTree } from "../../../src/lwm2m/model-tree.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import { inStore, valuesOf } from "../../support/in-store.ts";
import { temporaryDirectory } from "../../support/temp.ts";

/** Values by path. */
type Values = Readonly<Record<string, string>>;

interface Request {
  readonly type: "create" | "replace" | "update" | "delete";
  readonly path: string;
  readonly values: Values;
}

/** Instances with their values; a request gives the next ones, or undefined where it is refused. */
type Instances = Readonly<Record<string, Values>>;

function after(instances: Instances, { type, path, values }: Request): Instances | undefined {
  const instance = path.split("/").slice(0, 3).join("/");
  const { [instance]: before, ...others } = instances;
  const lacks = instance.startsWith("/16/") && Object.keys(values).length === 0;
  if (type === "create") return before !== undefined || lacks ? undefined : { ...instances, [path]: values };
  if (before === undefined) return undefined;
  if (type === "delete") {
    if (path === instance) return others;
    return path in before ? { ...others, [instance]: without(before, path) } : undefined;
  }
  if (type === "update") return { ...others, [instance]: { ...before, ...values } };
  if (path === instance) return lacks ? undefined : { ...others, [instance]: values };
  return { ...others, [instance]: { ...without(before, path), ...values } };
}

function without(values: Values, path: string): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([other]) => other !== path && !other.startsWith(`${path}/`)),
  );
}

async function ask(tree: ModelTree, { type, path, values }: Request): Promise<boolean> {
  const at = parsePath(path);
  const listed = Object.entries(values).map(([path, value]) => ({ path: parsePath(path), value }));
  try {
    if (type === "create") await tree.create(at, listed);
    else if (type === "delete") await tree.delete(at);
    else await tree.write(at, listed, type);
    return true;
  } catch (error) {
    assert.ok(error instanceof Lwm2mError, String(error));
    return false;
  }
}

async function compare(tree: ModelTree, instances: Instances): Promise<void> {
  assert.deepEqual(await valuesOf(tree, "/16", "/3442"), Object.assign({}, ...Object.values(instances)));
  const links = ["/16", "/3442"].flatMap((object) => tree.discover(parsePath(object), 1).map(({ path }) => path));
  assert.deepEqual([...links].sort(), ["/16", "/3442", ...Object.keys(instances)].sort());
}

/** Of the Portfolio the labels; of the Test Object a single resource and a multiple one. */
const LEAVES = { "/16": ["0/0", "0/1", "0/2"], "/3442": ["110", "1110/0", "1110/1"] };
const MULTIPLE = { "/16": "0", "/3442": "1110" };

const requests: fc.Arbitrary<Request> = fc
  .record({
    object: fc.constantFrom("/16" as const, "/3442" as const),
    instance: fc.nat(1),
    type: fc.constantFrom("create", "create", "replace", "update", "delete"),
    deep: fc.boolean(),
    leaves: fc.subarray([0, 1, 2]),
    text: fc.string({ maxLength: 3 }),
  })
  .map(({ object, instance, type, deep, leaves, text }): Request => {
    const base = `${object}/${instance}`;
    const multiple = `${base}/${MULTIPLE[object]}`;
    const paths = leaves.map((leaf) => `${base}/${LEAVES[object][leaf]}`);
    if (type === "delete") return { type, path: deep ? `${multiple}/1` : base, values: {} };
    const path = deep && type !== "create" ? multiple : base;
    const below = paths.filter((leaf) => leaf.startsWith(`${path}/`));
    return { type, path, values: Object.fromEntries(below.map((leaf) => [leaf, text])) };
  });

test("whatever servers make, write and remove, the tree is what the model says, after restarts too", async (t) => {
  const sequences = fc.array(requests, { minLength: 2, maxLength: 16 });
  await fc.assert(
    fc.asyncProperty(sequences, async (sequence) => {
      const directory = temporaryDirectory(t);
      let instances: Instances = {};
      const half = sequence.length / 2;
      for (const run of [sequence.slice(0, half), sequence.slice(half), []]) {
        await inStore(directory, async ({ tree }) => {
          await compare(tree(), instances);
          for (const request of run) {
            const next = after(instances, request);
            assert.equal(await ask(tree(), request), next !== undefined, JSON.stringify(request));
            instances = next ?? instances;
            await compare(tree(), instances);
          }
        });
      }
    }),
    { numRuns: 60 },
  );
});
