import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test, { type TestContext } from "node:test";
import { hashOf, machineHash } from "../../../src/gateway/state/machine.ts";
import { temporaryDirectory } from "../../support/temp.ts";

function aRoot(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = temporaryDirectory(t);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

test("the id is what systemd-id128 --app-specific makes of it", () => {
  // systemd-id128 machine-id --app-specific=c0b550efbf9c4e999c9e59df6ba29ccd, systemd 252
  assert.equal(hashOf("3d1219c7c4c5404aaa1f6d2a48adfda4"), "8d7805bf16f1460faae45a00925437b3");
});

test("a machine has a hash of its id, which is not the id", (t) => {
  const id = "0123456789abcdef0123456789abcdef";
  const hash = machineHash(aRoot(t, { "etc/machine-id": `${id}\n` }));
  assert.match(hash ?? "", /^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  assert.notEqual(hash, id);
});

test("a container, and a machine without an id or with one that is not made yet, have none", (t) => {
  const id = "0123456789abcdef0123456789abcdef\n";
  assert.equal(machineHash(aRoot(t, {})), undefined);
  for (const text of ["", "uninitialized\n", `${"0".repeat(32)}\n`, "0123\n"]) {
    assert.equal(machineHash(aRoot(t, { "etc/machine-id": text })), undefined, text);
  }
  assert.equal(machineHash(aRoot(t, { "etc/machine-id": id, ".dockerenv": "" })), undefined);
  assert.equal(machineHash(aRoot(t, { "etc/machine-id": id, "run/.containerenv": "" })), undefined);
});
