import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ConfigError } from "../../src/errors.ts";
import { readConfig } from "../../src/gateway/read-config.ts";
import { aFolder } from "../support/command.ts";
import { makePki } from "../support/dtls.ts";

async function load(t: TestContext, ca: string, files: Readonly<Record<string, string>>) {
  const config = `gateway: { endpoint: gw, firmware: { ca: ${ca} } }\nservers: [{ id: 1, uri: "coap://127.0.0.1:1" }]\n`;
  const folder = aFolder(t, { "config.yaml": config, ...files });
  try {
    return (await readConfig(join(folder, "config.yaml"))).gateway.firmware.ca;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ place, message }) => `${place?.line}:${place?.column} ${message.split(" /")[0]}`);
  }
}

test("gateway.firmware.ca: the certificates of a file beside the configuration", async (t) => {
  const pki = makePki(t);
  if (pki === undefined) return;
  const pem = [pki.ca, pki.stranger].map(({ certificateFile }) => readFileSync(certificateFile, "utf8"));
  const read = await load(t, "ca.pem", { "ca.pem": `both of them:\n${pem.join("and\n")}` });
  assert.equal(String(read).match(/BEGIN CERTIFICATE/g)?.length, 2);
  assert.doesNotMatch(String(read), /both/);
});

test("gateway.firmware.ca: a file that is none is told at its place", async (t) => {
  assert.deepEqual(await load(t, "ca.pem", {}), ["1:42 ca: cannot read"]);
  assert.deepEqual(await load(t, "ca.pem", { "ca.pem": "nothing" }), ["1:42 ca: expected certificates in PEM"]);
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  assert.deepEqual(await load(t, "ca.pem", { "ca.pem": broken }), ["1:42 ca: one of its certificates cannot be read"]);
});
