import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseProvider } from "../../src/dtls/choose-provider.ts";
import type { Certificates, Psk, RawPublicKeys } from "../../src/dtls/credentials.ts";
import type { LoadedDtls } from "../../src/dtls/load.ts";
import type { NativeDtls } from "../../src/dtls/native.ts";
import type { ServerSecurity } from "../../src/dtls/server-security.ts";

const NODE = "Node v24.21.0";
const none = new Uint8Array();
const psk: Psk = { mode: "psk", identity: "gateway-1", key: Buffer.from("0123456789abcdef") };
const rpk: RawPublicKeys = { mode: "rpk", privateKey: none, serverPublicKey: none };
const x509: Certificates = { mode: "x509", privateKey: none, certificates: [none], server: [] };
const missing: LoadedDtls = { missing: "DTLS needs the addon: install a compiler" };

function anAddon(rawPublicKeys = true): LoadedDtls {
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
  return { native: { version: "OpenSSL 3.5.8", rawPublicKeys, Association, Aead } };
}

/** The provider, or why there is none. */
function chosen(security: Partial<ServerSecurity>, loaded: LoadedDtls): string {
  const choice = chooseProvider(
    { credentials: psk, connectionId: "offer", provider: "auto", ...security },
    loaded,
    NODE,
  );
  return "missing" in choice ? choice.missing : choice.provider;
}

test("OpenSSL is taken for every mode, where it can be had", () => {
  for (const credentials of [psk, rpk, x509]) assert.equal(chosen({ credentials }, anAddon()), "openssl");
  assert.match(chosen({ credentials: rpk }, anAddon(false)), /^raw public keys cannot be had: openssl/);
});

test("without the addon node-dtls-client takes over for PSK, and a warning says what it does not have", () => {
  const security = { credentials: psk, connectionId: "offer", provider: "auto" } as const;
  assert.deepEqual(chooseProvider(security, missing, NODE), {
    provider: "node-dtls-client",
    psk,
    warning:
      "DTLS needs the addon: install a compiler. Until then node-dtls-client secures the server: without Connection ID and resumption",
  });
  const named = chooseProvider({ ...security, serverName: "lwm2m.example" }, missing, NODE);
  assert.match("warning" in named ? (named.warning ?? "") : "", /the server name "lwm2m\.example" is not sent$/);
});

test("without the addon raw public keys and certificates are an error, and never a PSK", () => {
  for (const [credentials, words] of [
    [rpk, "raw public keys"],
    [x509, "certificates"],
  ] as const) {
    const sentence = `node-dtls-client has no ${words}`;
    assert.equal(chosen({ credentials }, missing), `${missing.missing}; ${sentence}`);
    assert.equal(chosen({ credentials, provider: "openssl" }, missing), missing.missing);
    assert.equal(chosen({ credentials, provider: "node-dtls-client" }, anAddon()), sentence);
  }
});

test("the provider that is named is taken, or nobody", () => {
  assert.equal(chosen({ provider: "openssl" }, anAddon()), "openssl");
  assert.equal(chosen({ provider: "openssl" }, missing), missing.missing);
  for (const loaded of [missing, anAddon()]) {
    const choice = chooseProvider(
      { credentials: psk, connectionId: "off", provider: "node-dtls-client" },
      loaded,
      NODE,
    );
    assert.deepEqual(choice, { provider: "node-dtls-client", psk });
  }
});

test("an identity that is not ASCII, and suites that it does not know, are told", () => {
  const provider = "node-dtls-client";
  for (const identity of ["Zähler", "a\0b", ""]) {
    assert.match(chosen({ provider, credentials: { ...psk, identity } }, missing), /identity of ASCII characters only/);
  }
  assert.equal(
    chosen({ provider, suites: [0xc037] }, missing),
    "node-dtls-client knows none of the cipher suites that are named; it knows 0xc0a8, 0x00a8, 0xc0a9, 0x00a9, 0x00ae",
  );
  assert.equal(chosen({ provider, suites: [0xc037, 0x00ae] }, missing), provider);
});
