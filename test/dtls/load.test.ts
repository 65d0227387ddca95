import assert from "node:assert/strict";
import { test } from "node:test";
import { loadDtls } from "../../src/dtls/load.ts";
import { dtlsAddon } from "../support/dtls.ts";

/** Why there is no DTLS under such a Node. */
function missing(runtime: Parameters<typeof loadDtls>[0]): string {
  const loaded = loadDtls(runtime);
  assert.ok("missing" in loaded);
  return loaded.missing;
}

test("a Node with another major version of OpenSSL, or with none, is refused before anything of it is called", () => {
  const another = missing({ node: "28.0.0", openssl: "4.0.1" });
  assert.equal(another, "DTLS needs OpenSSL 3, and Node 28.0.0 carries OpenSSL 4.0.1: run under Node 24");
  const none = missing({ node: "24.1.0" });
  assert.equal(none, "DTLS needs OpenSSL 3, and Node 24.1.0 carries no OpenSSL: run under Node 24");
});

test("the addon speaks by the OpenSSL of the Node that runs it", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  assert.equal(native.version.split(" ")[1], process.versions.openssl);
});
