import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { parsePath, underPrefix, withoutPrefix } from "../../src/lwm2m/path.ts";
import { RebasedBacking } from "../../src/lwm2m/rebased-backing.ts";
import { notDone } from "../../src/lwm2m/refusals.ts";
import { FakeBacking } from "../support/fake-backing.ts";

function aDevice() {
  const backing = new FakeBacking("meter-1", {
    3: { instances: { 0: { 0: "Eastron", 4: "execute" } } },
    3303: { instances: { 0: { 5700: 21.5, 5605: "execute" } } },
    3306: { instances: { 0: { 5850: notDone((as) => `${as("/meter-1/3306/0/5850")}: no answer`) } } },
  });
  return { backing, tree: new ModelTree(new RebasedBacking(backing)) };
}

test("what lies under a prefix is read, written and executed as if it had none", async () => {
  const { backing, tree } = aDevice();
  assert.equal(tree.prefix, "");
  const [sample] = await tree.read(parsePath("/3303/0/5700"));
  assert.deepEqual(sample, { path: "/3303/0/5700", value: 21.5, time: backing.time });
  await tree.write(parsePath("/3306/0"), [{ path: parsePath("/3306/0/5850"), value: true }], "update");
  await tree.execute(parsePath("/3303/0/5605"), "");
  assert.deepEqual(backing.calls, [
    "read /meter-1/3303/0/5700",
    "write /meter-1/3306/0/5850=true",
    "execute /meter-1/3303/0/5605 ",
  ]);
  assert.deepEqual(
    tree.discover(parsePath("/3303")).map(({ path }) => path),
    ["/3303", "/3303/0", "/3303/0/5605", "/3303/0/5700"],
  );
});

test("what goes wrong is told of the paths that were asked for", async () => {
  const { backing, tree } = aDevice();
  await assert.rejects(tree.read(parsePath("/3306/0/5850")), { message: "/3306/0/5850: no answer" });
  backing.failure = notDone((as) => `${as("/meter-1/3303/0/5605")} was not executed: no answer`);
  await assert.rejects(tree.execute(parsePath("/3303/0/5605"), ""), {
    code: CODE.internalServerError,
    message: "/3303/0/5605 was not executed: no answer",
  });
  backing.failure = new TypeError("a bug");
  await assert.rejects(tree.execute(parsePath("/3303/0/5605"), ""), TypeError);
});

test("a path goes under a prefix and comes back", () => {
  for (const text of ["/", "/3303", "/3303/0/5700", "/3/0/11/0"]) {
    const path = parsePath(text);
    assert.equal(withoutPrefix(underPrefix(path, "meter-1")), path);
    assert.equal(parsePath(underPrefix(path, "meter-1")), underPrefix(path, "meter-1"));
  }
});
