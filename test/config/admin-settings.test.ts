import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ConfigError } from "../../src/errors.ts";
import { readConfig } from "../../src/gateway/read-config.ts";
import { aCertificate } from "../support/a-certificate.ts";
import { aFolder } from "../support/command.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

/** Its settings; or what is wrong, without the file. */
async function load(t: TestContext, admin: string, files: Readonly<Record<string, string>> = {}) {
  const config = `gateway:\n  endpoint: gw\n  admin: ${admin}\nservers: [{ id: 1, uri: "coap://127.0.0.1:1" }]\n`;
  const secrets = `token: "${TOKEN}"\nshort: "${TOKEN.slice(1)}"\nspaced: "${TOKEN} "\n`;
  const folder = aFolder(t, { "config.yaml": config, "secrets.yaml": secrets, ...files });
  for (const name of ["secrets.yaml", ...Object.keys(files)]) chmodSync(join(folder, name), 0o600);
  try {
    return (await readConfig(join(folder, "config.yaml"))).gateway.admin;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ place, message }) => `${place?.line}:${place?.column} ${message}`);
  }
}

test("loopback needs a token, and nothing else", async (t) => {
  const settings = { token: TOKEN, hosts: [] };
  assert.deepEqual(await load(t, "{ listen: 127.0.0.1:8080, token: !secret token }"), {
    ...{ address: "127.0.0.1", port: 8080 },
    ...settings,
  });
  assert.deepEqual(await load(t, '{ listen: "[::1]:0", token: !secret token, hosts: [Gateway.local, "[::1]"] }'), {
    ...{ address: "::1", port: 0 },
    ...settings,
    hosts: ["gateway.local", "::1"],
  });
  assert.deepEqual(await load(t, "{ listen: localhost:80, token: !secret token }"), {
    ...{ address: "127.0.0.1", port: 80 },
    ...settings,
  });
});

test("without a token nothing listens, and the command that makes one is named", async (t) => {
  const made = "`lwm2m-gateway keys token` makes one";
  assert.deepEqual(await load(t, "{ listen: 127.0.0.1:8080 }"), [`3:10 admin needs token: !secret name; ${made}`]);
  assert.deepEqual(await load(t, `{ listen: 127.0.0.1:8080, token: ${TOKEN} }`), [
    `3:43 token: a token never stands in this file; expected !secret name; ${made}`,
  ]);
  assert.deepEqual(await load(t, "{ listen: 127.0.0.1:8080, token: !secret short }"), [
    `3:51 token: expected 32 characters at least, not 31; ${made}`,
  ]);
  assert.deepEqual(await load(t, "{ listen: 127.0.0.1:8080, token: !secret spaced }"), [
    `3:51 token: expected letters, digits and -._~+/ alone; ${made}`,
  ]);
});

test("what other machines reach needs TLS, and names", async (t) => {
  const [refused] = [await load(t, "{ listen: 10.0.0.5:8080, token: !secret token }")];
  assert.deepEqual(refused, [
    "3:20 listen: 10.0.0.5 is reached from other machines, which needs tls: { certificate, private_key }; or listen at 127.0.0.1:8080",
  ]);
  const { certificate, privateKey } = aCertificate("gateway-7.local");
  const files = { "admin.crt": certificate, "admin.key": privateKey };
  const tls = "tls: { certificate: admin.crt, private_key: admin.key }";
  const everywhere = await load(t, `{ listen: 0.0.0.0:8443, token: !secret token, ${tls} }`, files);
  assert.deepEqual(everywhere, ["3:20 listen: 0.0.0.0 is every address: hosts has to name those that are asked"]);
  const taken = await load(
    t,
    `{ listen: 0.0.0.0:8443, token: !secret token, ${tls}, hosts: [gateway-7.local] }`,
    files,
  );
  assert.ok(taken !== undefined && "tls" in taken && taken.tls?.certificate === certificate);
});

test("a certificate and a key that are none, or none of each other, are told where they stand", async (t) => {
  const [one, other] = [aCertificate("a"), aCertificate("b")];
  const admin = "{ listen: 127.0.0.1:1, token: !secret token, tls: { certificate: c, private_key: k } }";
  const wrong = (c: string, k: string) => load(t, admin, { c, k });
  assert.deepEqual(await wrong("", one.privateKey), ["3:75 certificate: expected a certificate in PEM"]);
  assert.deepEqual(await wrong(one.certificate, "x"), [
    "3:91 private_key: expected a private key in PEM that needs no passphrase",
  ]);
  assert.deepEqual(await wrong(one.certificate, other.privateKey), [
    "3:91 private_key: it is not the key of the certificate",
  ]);
  assert.match(String(await load(t, admin)), /^3:75 certificate: .*,3:91 private_key: /);
});

test("what is no address is told, and a secret stands nowhere else", async (t) => {
  for (const listen of ["8080", "gateway:80", "127.0.0.1", "127.0.0.1:99999", "1.2.3:80", '"[1.2.3.4]:80"', '"[::1"']) {
    const problems = String(await load(t, `{ listen: ${listen}, token: !secret token }`));
    assert.match(problems, /^3:20 .*expected an address and a port, such as 127\.0\.0\.1:8080 or \[::1\]:8080/, listen);
  }
  assert.deepEqual(await load(t, "{ listen: !secret token, token: !secret token }"), [
    "3:28 listen: expected an address and a port, such as 127.0.0.1:8080 or [::1]:8080",
    "3:28 a secret cannot stand here, where it would be shown",
  ]);
  assert.match(
    String(await load(t, "{ listen: 127.0.0.1:1, token: !secret token, hosts: ['a:80'] }")),
    /expected a name/,
  );
});
