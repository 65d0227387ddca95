import assert from "node:assert/strict";
import { test } from "node:test";
import type { NativeDtls } from "../../src/dtls/native.ts";
import { missingMode, openSslProvider } from "../../src/dtls/provider.ts";

/** Of which nothing is opened. */
function anAddon(rawPublicKeys: boolean): NativeDtls {
  const Association = class {
    constructor() {
      throw new Error("nobody opens an association here");
    }
  } as unknown as NativeDtls["Association"];
  const Aead = class {
    constructor() {
      throw new Error("nobody seals anything here");
    }
  } as unknown as NativeDtls["Aead"];
  return { version: "OpenSSL 3.0.16", rawPublicKeys, Association, Aead };
}

test("a mode that the provider has not is told with its name and that of Node", () => {
  const old = openSslProvider(anAddon(false));
  assert.equal(missingMode(old, "psk", "Node v22.18.0"), undefined);
  assert.equal(
    missingMode(old, "rpk", "Node v22.18.0"),
    "raw public keys cannot be had: openssl (OpenSSL 3.0.16) of Node v22.18.0 has them not; Node 24 has",
  );
  assert.equal(missingMode(openSslProvider(anAddon(true)), "rpk", "Node v24.1.0"), undefined);
});
