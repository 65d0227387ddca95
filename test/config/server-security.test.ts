import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { UnixMillis } from "../../src/clock.ts";
import type { Certificates } from "../../src/dtls/credentials.ts";
import type { ServerSecurity } from "../../src/dtls/server-security.ts";
import { type CredentialFiles, credentialFiles } from "../support/credential-files.ts";
import { type Loaded, loadFolder } from "./config-folder.ts";

const KEY = "000102030405060708090a0b0c0d0e0f";
const SECRETS = `good: "${KEY}"
base64: "base64:AAECAwQFBgcICQoLDA0ODw=="
short: "00112233"
odd: "${KEY}0"
words: "correct horse battery staple"
not64: "base64:?????"
long: "${"00".repeat(65)}"
`;
const PSK = "psk: { identity: gw, key: !secret good }";

/** A server entry with these keys: `psk` and so on stand in line 5. */
function load(t: TestContext, keys: string, more: Partial<Given> = {}): Promise<Loaded> {
  const { uri = "coaps://h", files = {}, now, before = "" } = more;
  const config = `gateway: { endpoint: gw }
servers:
  - id: 1
    uri: ${uri}
    ${keys}
${before}`;
  return loadFolder(t, { "secrets.yaml": SECRETS, ...files, "config.yaml": config }, now);
}

interface Given {
  readonly uri: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly now: UnixMillis;
  readonly before: string;
}

async function securityOf(t: TestContext, keys: string, more: Partial<Given> = {}): Promise<ServerSecurity> {
  const { config, problems } = await load(t, keys, more);
  return config?.servers[0]?.security ?? assert.fail(problems.join("\n"));
}

async function certificatesOf(t: TestContext, files: CredentialFiles, keys: string): Promise<Certificates> {
  const { credentials } = await securityOf(t, `x509: { ${keys} }`, { files });
  return credentials.mode === "x509" ? credentials : assert.fail();
}

/** Each is told at its place, and as that alone. */
async function refuses(t: TestContext, cases: Readonly<Record<string, RegExp>>, more: Partial<Given> = {}) {
  for (const [keys, pattern] of Object.entries(cases)) {
    const { refused, problems } = await load(t, keys, more);
    assert.ok(refused, keys);
    assert.equal(problems.length, 1, `${keys}\n${problems.join("\n")}`);
    assert.match(problems[0] ?? "", pattern, keys);
  }
}

test("a server with coaps:// and a key is secured; the port is 5684, and a Connection ID is asked for", async (t) => {
  const { config, problems } = await load(t, PSK);
  assert.deepEqual(problems, []);
  const { scheme, port, security } = config?.servers[0] ?? assert.fail();
  assert.deepEqual([scheme, port], ["coaps", 5684]);
  assert.deepEqual(security, {
    credentials: { mode: "psk", identity: "gw", key: Buffer.from(KEY, "hex") },
    connectionId: "offer",
    provider: "auto",
  });
  const { credentials } = await securityOf(t, "psk: { identity: 42, key: !secret base64 }");
  assert.deepEqual(credentials, { mode: "psk", identity: "42", key: Buffer.from(KEY, "hex") });
});

test("every key of dtls is read", async (t) => {
  const suites = "[TLS_PSK_WITH_AES_128_CCM_8, psk_with_aes_128_cbc_sha256, 0xC037, 168]";
  const dtls = `dtls: { server_name: gw.example, suites: ${suites}, connection_id: off, keep_alive: 20s, provider: openssl }`;
  const { credentials: _credentials, ...rest } = await securityOf(t, `${PSK}\n    ${dtls}`);
  assert.deepEqual(rest, {
    serverName: "gw.example",
    suites: [0xc0a8, 0x00ae, 0xc037, 0x00a8],
    connectionId: "off",
    keepAlive: 20_000,
    provider: "openssl",
  });
});

test("a server is secured in exactly one way, and only where its URI says so", async (t) => {
  const rpk = "rpk: { private_key: x, server_public_key: y }";
  await refuses(t, {
    "lifetime: 5m": /^config\.yaml:4:10: error: coaps:\/\/ needs one of psk, rpk and x509/,
    "dtls: {}": /^config\.yaml:4:10: error: coaps:\/\/ needs one of psk, rpk and x509/,
    [`${PSK}\n    ${rpk}`]: /^config\.yaml:6:5: error: rpk: psk stands here, too; a server is secured in one way$/,
  });
  await refuses(
    t,
    {
      [PSK]: /^config\.yaml:5:5: error: psk needs coaps:\/\/, and the uri has coap:\/\/, which is plain text$/,
      "dtls: {}": /^config\.yaml:5:5: error: dtls needs coaps:\/\//,
    },
    { uri: "coap://h" },
  );
  await refuses(t, { [PSK]: /has coap\+tcp:\/\/, which is plain text; there is no TLS/ }, { uri: "coap+tcp://h" });
});

test("a key that is none is told without a digit of it, and one that is short is a warning", async (t) => {
  const psk = (name: string) => `psk: { identity: gw, key: !secret ${name} }`;
  await refuses(t, {
    [psk("odd")]: /^config\.yaml:5:39: error: key: the secret has 33 digits of hex; expected pairs$/,
    [psk("words")]:
      /^config\.yaml:5:39: error: key: the secret is no hex; expected pairs of 0-9 and a-f, or base64 with/,
    [psk("not64")]: /^config\.yaml:5:39: error: key: the secret is no base64 after "base64:"$/,
    [psk("long")]: /^config\.yaml:5:39: error: key: at most 64 bytes, found 65$/,
    [psk("gone")]: /^config\.yaml:5:39: error: there is no secret "gone"/,
    [`psk: { identity: gw, key: ${KEY} }`]:
      /^config\.yaml:5:31: error: key: a key never stands in this file; expected !secret name$/,
    [`psk: ${KEY}`]: /^config\.yaml:5:10: error: psk: expected \{ identity, key \}$/,
    "psk: { identity: gw }": /^config\.yaml:5:10: error: "key" is missing$/,
    [`psk: { identity: ${"é".repeat(65)}, key: !secret good }`]: /identity: at most 128 bytes of UTF-8$/,
    'psk: { identity: "a\\0b", key: !secret good }': /identity: a zero byte cannot be sent$/,
    "psk: { identity: !secret good, key: !secret good }":
      /5:30: error: a secret cannot stand here, where it would be shown$/,
  });
  const { refused, problems } = await load(t, psk("short"));
  assert.ok(!refused);
  assert.deepEqual(problems, [
    "config.yaml:5:39: warning: key: a key of 4 bytes can be found by trying; 16 are safe: lwm2m-gateway keys psk",
  ]);
});

test("two servers with one key are a warning at the second", async (t) => {
  const second = `  - { id: 2, uri: "coaps://i", ${PSK} }\n`;
  const { problems } = await load(t, PSK, { before: second });
  assert.deepEqual(problems, ["config.yaml:6:66: warning: key: server 1 has the same key; expected one for each"]);
});

test("suites are known by name and number; what cannot be used is told with what can", async (t) => {
  const dtls = (keys: string) => `${PSK}\n    dtls: { ${keys} }`;
  await refuses(t, {
    [dtls("suites: [TLS_PSK_WITH_AES_128_CCM8]")]:
      /^config\.yaml:6:22: error: unknown cipher suite "TLS_PSK_WITH_AES_128_CCM8"; did you mean "TLS_PSK_WITH_AES_128_CCM_8"\?$/,
    [dtls("suites: [PSK-AES128-CCM8]")]: /is OpenSSL's name; expected IANA's, which is TLS_PSK_WITH_AES_128_CCM_8$/,
    [dtls("suites: [0xc0ff]")]: /6:22: error: unknown cipher suite "0xc0ff" \(have: TLS_PSK_WITH_AES_128_CCM_8, /,
    [dtls("suites: [0xc0a8, 49320]")]: /6:30: error: TLS_PSK_WITH_AES_128_CCM_8 stands here twice$/,
    [dtls("suites: [0xc02b]")]: /needs rpk or x509; with psk expected some of TLS_PSK_WITH_AES_128_CCM_8, /,
    [dtls("suites: []")]: /suites: too short: at least 1 items$/,
    [dtls("suites: [0xA8, 0xAE], connection_id: offer")]:
      /6:35: error: connection_id: with TLS_PSK_WITH_AES_128_CBC_SHA256 among suites none is asked for/,
    [dtls("server_name: 10.0.0.1")]: /server_name: expected a name in DNS .*an address is never sent as one$/,
    [dtls("server_name: 'fe80::1'")]: /server_name: expected a name in DNS/,
    [dtls("keep_alive: 1s")]: /keep_alive: at least 5s$/,
    [`${dtls("keep_alive: 30s")}\n    queue_mode: true`]: /6:13: error: keep_alive: who sleeps \(queue_mode\)/,
    [dtls("provider: openssh")]:
      /provider: expected one of auto, openssl, node-dtls-client, found "openssh"; did you mean "openssl"\?$/,
    [dtls("conection_id: off")]: /unknown key "conection_id"; did you mean "connection_id"\?$/,
    "psk: { identity: gäw, key: !secret good }\n    dtls: { provider: node-dtls-client }":
      /^config\.yaml:5:22: error: identity: node-dtls-client sends ASCII alone/,
  });
});

test("raw public keys come from files and secrets, in PEM or DER", async (t) => {
  const files = credentialFiles(t);
  if (files === undefined) return;
  const first = await securityOf(t, "rpk: { private_key: gw.key, server_public_key: server.pub }", { files });
  assert.equal(first.credentials.mode, "rpk");
  const pem = files["gw.sec1.key"]?.toString().replace(/^/gm, "  ") ?? assert.fail();
  const second = await securityOf(t, "rpk: { private_key: !secret pem, server_public_key: server.pub.der }", {
    files: { ...files, "secrets.yaml": `pem: |\n${pem}` },
  });
  assert.deepEqual(first, second);
});

test("what is wrong with files of keys is told where they are named", async (t) => {
  const files = credentialFiles(t);
  if (files === undefined) return;
  const rpk = (ours: string, theirs = "server.pub") => `rpk: { private_key: ${ours}, server_public_key: ${theirs} }`;
  const der = files["gw.der.key"]?.toString("base64") ?? assert.fail();
  const open = { "open.pem": files["gw.key"] ?? assert.fail() };
  await refuses(
    t,
    {
      [rpk("none.key")]: /^config\.yaml:5:25: error: private_key: cannot read none\.key: there is no such file$/,
      [rpk("open.pem")]:
        /^config\.yaml:5:25: error: private_key: others may read open\.pem \(mode 0644\), so nothing of it is taken: chmod 600 open\.pem$/,
      [rpk("gw.encrypted.key")]: /^config\.yaml:5:25: error: private_key: the private key is encrypted/,
      [rpk("rsa.key")]: /private_key: the private key is one of type RSA; expected an EC key/,
      [rpk("!secret good")]: /private_key: the secret is no PEM; expected -----BEGIN PRIVATE KEY/,
      [rpk(der)]: /private_key: a key never stands in this file; expected a file, or !secret name$/,
      [rpk("gw.key", "server.crt")]: /5:52: error: server_public_key: expected a public key, found a certificate$/,
      [rpk("gw.key", "gw.pub")]: /server_public_key: this is our own public key; expected that of the server$/,
      [rpk("gw.key", "!secret good")]: /a secret cannot stand here, where it would be shown$/,
      [`${rpk("gw.key")}\n    dtls: { provider: node-dtls-client }`]:
        /6:23: error: provider: node-dtls-client knows psk alone, not rpk$/,
    },
    { files: { ...files, ...open } },
  );
});

test("by default a CA's certificate is an anchor and another the server's; one that signs itself may be both", async (t) => {
  const files = credentialFiles(t);
  if (files === undefined) return;
  const raw = (name: string): Uint8Array => new X509Certificate(files[name] ?? assert.fail(name)).raw;
  const own = "private_key: gw.key, certificates: [gw.crt, inter.crt]";
  const { certificates, server, anchors } = await certificatesOf(
    t,
    files,
    `${own}, server: [inter.crt, server.crt, ca.crt]`,
  );
  assert.deepEqual(certificates, [raw("gw.crt"), raw("inter.crt")]);
  assert.deepEqual(server, [
    { usage: 2, matching: 0, data: raw("inter.crt") },
    { usage: 3, matching: 0, data: raw("server.crt") },
    { usage: 2, matching: 0, data: raw("ca.crt") },
    { usage: 3, matching: 0, data: raw("ca.crt") },
  ]);
  assert.equal(anchors, undefined);
  const chain = await certificatesOf(t, files, "private_key: gw.key, certificates: chain.crt, server: server.crt");
  assert.deepEqual(chain.certificates, certificates);
});

test("usage and matching are those of /0/x/15 and /0/x/13; a hash may stand in place of a file", async (t) => {
  const files = credentialFiles(t);
  if (files === undefined) return;
  const own = "private_key: gw.key, certificates: chain.crt";
  const { raw, fingerprint256 } = new X509Certificate(files["ca.crt"] ?? assert.fail());
  const usages = ["ca-constraint", "service-certificate", "trust-anchor", "domain-issued"];
  for (const [number, usage] of usages.entries()) {
    const { server, anchors } = await certificatesOf(t, files, `${own}, server: ca.crt, usage: ${usage}`);
    assert.deepEqual(server, [{ usage: number, matching: 0, data: raw }]);
    assert.equal(anchors !== undefined && anchors.length > 20, number < 2, "the CAs of the machine");
  }
  for (const [i, matching] of ["sha256", "sha384", "sha512"].entries()) {
    const data = createHash(matching).update(raw).digest();
    const expected = [{ usage: 2, matching: i + 1, data }];
    for (const server of ["ca.crt", `"${data.toString("hex")}"`]) {
      const keys = `${own}, server: ${server}, usage: trust-anchor, matching: ${matching}`;
      assert.deepEqual((await certificatesOf(t, files, keys)).server, expected);
    }
  }
  const pinned = await certificatesOf(t, files, `${own}, server: "${fingerprint256}", matching: sha256`);
  assert.equal(pinned.server[0]?.usage, 3, "LwM2M's default");
  const given = await certificatesOf(
    t,
    files,
    `${own}, server: server.crt, usage: service-certificate, anchors: ca.crt`,
  );
  assert.deepEqual(given.anchors, [raw]);
});

test("certificates that lead nowhere are told with what was expected", async (t) => {
  const files = credentialFiles(t);
  if (files === undefined) return;
  const x509 = (certificates: string, rest = "server: ca.crt") =>
    `x509: { private_key: gw.key, certificates: ${certificates}, ${rest} }`;
  const hash = "00".repeat(32);
  await refuses(
    t,
    {
      [x509("server.crt")]:
        /^config\.yaml:5:48: error: certificates: the certificate of CN=lwm2m\.example does not belong to the private key$/,
      [x509("backwards.crt")]:
        /certificate of CN=Intermediate stands before ours, that of the private key \(number 2\)/,
      [x509("[gw.crt, other.crt]")]: /certificates: CN=Other has not issued CN=gateway-1, O=Acme; expected ours first/,
      [x509("[gw.crt, gw.key]")]:
        /^config\.yaml:5:57: error: certificates: expected a certificate, found a private key$/,
      [x509("gw.crt", "server: none.crt")]: /cannot read none\.crt: there is no such file$/,
      [x509("gw.crt", "server: rsa-server.crt")]: /the server's key is one of type RSA; expected an EC key on P-256/,
      [x509("gw.crt", `server: "${hash}"`)]: /server: a hash of 64 digits needs matching: sha256$/,
      [x509("gw.crt", `server: "${hash}00", matching: sha256`)]: /a hash in hex has 64 \(sha256\).*this one has 66$/,
      [x509("gw.crt", "server: ca.crt, anchors: ca.crt")]: /anchors: only ca-constraint and service-certificate/,
      [x509("gw.crt", "server: ca.crt, usage: trust-ancor")]: /found "trust-ancor"; did you mean "trust-anchor"\?$/,
      [x509("gw.crt", "server: ca.crt, matching: sha1")]: /matching: expected one of exact, sha256, sha384, sha512/,
    },
    { files },
  );
});

test("a certificate that has ended, will soon or has not begun is a warning, as is a usage that does not fit", async (t) => {
  const files = credentialFiles(t);
  if (files === undefined) return;
  const keys = "x509: { private_key: gw.key, certificates: chain.crt, server: server.crt }";
  const { validFromDate, validToDate } = new X509Certificate(files["gw.crt"] ?? assert.fail());
  const DAY = 86_400_000;
  const warned = async (now: UnixMillis, text = keys) => (await load(t, text, { files, now })).problems;
  assert.deepEqual(await warned(validFromDate.getTime() + DAY), []);
  const day = (time: UnixMillis): string => new Date(time).toISOString().slice(0, 10);
  const [early = ""] = await warned(validFromDate.getTime() - DAY);
  assert.equal(
    early,
    `config.yaml:5:48: warning: the certificate of CN=gateway-1, O=Acme is not valid before ${day(validFromDate.getTime())}`,
  );
  const [ending = ""] = await warned(validToDate.getTime() - 12.5 * DAY);
  assert.match(ending, /^config\.yaml:5:48: warning: the certificate of CN=gateway-1, O=Acme ends in 12 days, on /);
  const ended = await warned(validToDate.getTime() + DAY);
  assert.match(ended[0] ?? "", /warning: the certificate of CN=gateway-1, O=Acme has expired on /);
  assert.equal(ended.length, 3, "of the chain, and of the server");
  const misused = keys.replace("server.crt", "server.crt, usage: trust-anchor");
  assert.deepEqual(await warned(validFromDate.getTime() + DAY, misused), [
    "config.yaml:5:67: warning: server: trust-anchor wants a CA's; the certificate of CN=lwm2m.example is none",
  ]);
});
