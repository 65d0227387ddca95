import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { nativeSettings } from "../../src/dtls/credentials.ts";
import { certificatesIn, privateKeyIn, publicKeyIn } from "../../src/dtls/key-files.ts";
import type { NativeDtls, NativeSettings } from "../../src/dtls/native.ts";
import { type CredentialFiles, credentialFiles } from "../support/credential-files.ts";
import { dtlsAddon, handshake } from "../support/dtls.ts";
import { loadFolder } from "./config-folder.ts";

const KEY = "000102030405060708090a0b0c0d0e0f";
const HOST = "lwm2m.example";

/** How the association of a configured server with that other end begins: "connected", or "failed". */
async function meets(t: TestContext, native: NativeDtls, keys: string, server: NativeSettings): Promise<string> {
  const { config, problems } = await loadFolder(t, {
    ...credentialFiles(t),
    "secrets.yaml": `psk: "${KEY}"\n`,
    "config.yaml": `gateway: { endpoint: gw }\nservers: [ { id: 1, uri: "coaps://${HOST}", ${keys} } ]\n`,
  });
  const security = config?.servers[0]?.security ?? assert.fail(problems.join("\n"));
  const [client] = handshake(native, nativeSettings(security.credentials, { host: HOST }), server);
  return client.last?.state ?? assert.fail();
}

function der(files: CredentialFiles, name: string) {
  const key = privateKeyIn(files[`${name}.key`] ?? assert.fail(name));
  const certificates = certificatesIn(files[`${name}.crt`] ?? assert.fail(name)).map(({ raw }) => raw);
  return { privateKey: key.der, publicKey: key.publicKey, certificates };
}

const ECDSA = { suites: "ECDHE-ECDSA-AES128-CCM8", shortTags: true };

test("a key of the configuration is the one that the server has", async (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const server = { suites: "PSK-AES128-CCM8", shortTags: true, pskIdentity: "gw" };
  const keys = "psk: { identity: gw, key: !secret psk }";
  assert.equal(await meets(t, native, keys, { ...server, pskKey: Buffer.from(KEY, "hex") }), "connected");
  assert.notEqual(await meets(t, native, keys, { ...server, pskKey: Buffer.alloc(16, 1) }), "connected");
});

test("raw public keys of the configuration are those that both ends show", async (t) => {
  const native = dtlsAddon(t);
  const files = credentialFiles(t);
  if (native === undefined || files === undefined) return;
  if (!native.rawPublicKeys) return t.skip(`${native.version} has none`);
  const { privateKey } = der(files, "server");
  const data = publicKeyIn(files["gw.pub"] ?? assert.fail());
  const expectations = [{ usage: 3, matching: 0, keyOnly: true, data }] as const;
  const server = { ...ECDSA, privateKey, rawPublicKeys: true, expectations };
  assert.equal(
    await meets(t, native, "rpk: { private_key: gw.key, server_public_key: server.pub }", server),
    "connected",
  );
});

test("certificates of the configuration meet a server of that CA, that certificate, or that hash, and no other", async (t) => {
  const native = dtlsAddon(t);
  const files = credentialFiles(t);
  if (native === undefined || files === undefined) return;
  const { certificates, privateKey } = der(files, "server");
  const [root] = der(files, "ca").certificates;
  const expectations = [{ usage: 2, matching: 0, data: root ?? assert.fail() }] as const;
  // Its CA is at hand, so that hashes of it find it in the chain.
  const server = { ...ECDSA, privateKey, certificates: [...certificates, root ?? assert.fail()], expectations };
  const own = "private_key: gw.key, certificates: chain.crt";
  const meetsBy = (keys: string, other: NativeSettings = server) =>
    meets(t, native, `x509: { ${own}, ${keys} }`, other);
  assert.equal(await meetsBy("server: ca.crt"), "connected");
  assert.equal(await meetsBy("server: server.crt"), "connected");
  assert.equal(await meetsBy("server: ca.crt, usage: trust-anchor, matching: sha384"), "connected");
  assert.equal(await meetsBy("server: server.crt, matching: sha512"), "connected");
  assert.equal(await meetsBy("server: ca.crt, usage: ca-constraint, anchors: ca.crt"), "connected");
  assert.equal(await meetsBy("server: server.crt, usage: service-certificate, anchors: ca.crt"), "connected");
  assert.equal(await meetsBy("server: ca.crt, usage: ca-constraint"), "failed", "no CA of the machine");
  assert.equal(await meetsBy("server: other.crt"), "failed");
  assert.equal(await meetsBy("server: [other.crt, ca.crt]"), "connected", "one must fit");
});

test("a server whose certificate signs itself and calls itself a CA's is met by that certificate", async (t) => {
  const native = dtlsAddon(t);
  const files = credentialFiles(t);
  if (native === undefined || files === undefined) return;
  const { certificates, privateKey } = der(files, "other");
  const [root] = der(files, "ca").certificates;
  const expectations = [{ usage: 2, matching: 0, data: root ?? assert.fail() }] as const;
  const server = { ...ECDSA, privateKey, certificates, expectations };
  const keys = (file: string) => `x509: { private_key: gw.key, certificates: chain.crt, server: ${file} }`;
  assert.equal(await meets(t, native, keys("other.crt"), server), "connected");
  assert.equal(await meets(t, native, keys("ca.crt"), server), "failed");
});
