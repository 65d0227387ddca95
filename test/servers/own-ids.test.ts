import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { observationId, reportId } from "../../src/lwm2m/observation-id.ts";
import { makePath, type Path, pathParts, prefixOf } from "../../src/lwm2m/path.ts";
import { OwnIds } from "../../src/servers/own-ids.ts";
import type { ShownPaths } from "../../src/servers/view.ts";
import { at } from "../support/fake-backing.ts";

/** /d3/3303/0/… is /3303/3/…; devices from d5 on are not shown. */
const PATHS: ShownPaths = {
  shown(own) {
    const { prefix, object, instance, resource } = pathParts(own);
    const number = Number(prefix.slice(1));
    if (object !== 3303 || instance !== 0 || !(number < 5)) return undefined;
    return makePath({ prefix: "", object, instance: number, ...(resource === undefined ? {} : { resource }) });
  },
  own(shown) {
    const { prefix, object, instance, resource } = pathParts(shown);
    if (prefix !== "" || object !== 3303 || instance === undefined || instance >= 5) return undefined;
    return makePath({ prefix: `d${instance}`, object, instance: 0, ...(resource === undefined ? {} : { resource }) });
  },
  shownWithin: () => [],
  ownWithin: () => [],
};

test("an id of shown paths is that of own ones, as far as there are; one of a report stays", () => {
  const ids = new OwnIds(PATHS);
  assert.equal(ids.own(observationId(1, [at("/3303/1/5700")])), "1 /d1/3303/0/5700");
  assert.equal(ids.own(observationId(1, [at("/3303")])), "1 /3303");
  assert.equal(
    ids.own(observationId(1, [at("/3303/1"), at("/3303"), at("/3/0")], true)),
    "1 composite /d1/3303/0 /3303 /3/0",
  );
  assert.equal(ids.shown(observationId(1, [at("/d2/3303/0/5700")])), "1 /3303/2/5700");
  assert.equal(ids.shown(observationId(1, [at("/d9/3303/0/5700")])), "1 /d9/3303/0/5700");
  const report = reportId(1, "/3303", "d1");
  assert.equal(ids.own(report), report);
  assert.equal(ids.deviceOf(report), "d1");
});

test("turns go by the device; what is of several has its own", () => {
  const ids = new OwnIds(PATHS);
  assert.equal(ids.deviceOf(observationId(1, [at("/3303/1/5700")])), "d1");
  assert.equal(ids.deviceOf(observationId(1, [at("/3303/1")])), "d1");
  assert.equal(ids.deviceOf(observationId(1, [at("/3303")])), "1 /3303");
});

test("two ids are never one, in whatever order they are asked for, and each comes back", () => {
  const path = fc.constantFrom("/3303/1/5700", "/3303/2", "/3303/9/5700", "/d9/3303/0/5700", "/3303", "/3/0/13");
  const ids = fc.uniqueArray(fc.array(path, { minLength: 1, maxLength: 3 }), { selector: (paths) => paths.join(" ") });
  fc.assert(
    fc.property(ids, fc.boolean(), (lists, composite) => {
      const own = new OwnIds(PATHS);
      const shown = lists.map((paths) => observationId(1, paths.map(at), composite));
      const mapped = shown.map((id) => own.own(id));
      assert.equal(new Set(mapped).size, new Set(shown).size);
      for (const [i, id] of mapped.entries()) assert.equal(own.shown(id), shown[i]);
    }),
  );
});

test("what an id stands for holds until it is forgotten, whatever becomes of the device", () => {
  let there = true;
  const ids = new OwnIds({ ...PATHS, own: (path: Path) => (there ? PATHS.own(path) : undefined) });
  const shown = observationId(1, [at("/3303/1/5700")]);
  assert.equal(ids.own(shown), "1 /d1/3303/0/5700");
  there = false;
  assert.equal(ids.own(shown), "1 /d1/3303/0/5700");
  ids.forget(shown);
  assert.equal(ids.own(shown), shown);
  assert.equal(prefixOf(at("/3303/1")), "");
});
