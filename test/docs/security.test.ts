/** What docs/security.md shows is so: its commands run, in their order and in one folder, and its configurations load. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type TestContext, test } from "node:test";
import { CIPHER_SUITES, suiteName } from "../../src/dtls/suites.ts";
import { locateData } from "../../src/locate.ts";
import { PROGRAM } from "../support/command.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { run } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";

const page = readFileSync(locateData("docs/security.md"), "utf8");
const blocks = [...page.matchAll(/^```(sh|yaml)\n(.*?)^```$/gms)].map(([, language = "", text = ""]) => ({
  language,
  text,
}));

/** A folder of a gateway, and what runs a command in it, where `lwm2m-gateway` is ours. */
function aShell(t: TestContext) {
  const folder = temporaryDirectory(t);
  const programs = temporaryDirectory(t);
  const shim = join(programs, "lwm2m-gateway");
  mkdirSync(programs, { recursive: true });
  writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`);
  chmodSync(shim, 0o755);
  const { PATH = "", NODE_COMPILE_CACHE } = process.env;
  const env = { PATH: [programs, PATH].join(delimiter), NODE_COMPILE_CACHE };
  const sh = (text: string) => run(t, "sh", ["-e", "-c", text], { cwd: folder, env });
  return { folder, sh };
}

test("the commands of docs/security.md make what its configurations need, and what openssl and the server need", async (t) => {
  if (!hasTool(t, "openssl", "apt install openssl")) return;
  const { folder, sh } = aShell(t);
  for (const { text } of blocks.filter(({ language }) => language === "sh")) {
    const { code, stderr } = await sh(text);
    assert.equal(code, 0, `${text}\n${stderr}`);
  }
  // The others are parts of one, and secrets.
  const configurations = blocks.filter(({ language, text }) => language === "yaml" && text.startsWith("servers:"));
  assert.equal(configurations.length, 3);
  for (const { text } of configurations) {
    writeFileSync(join(folder, "config.yaml"), `gateway: { endpoint: gw }\n${text}`);
    const { code, stdout, stderr } = await sh("lwm2m-gateway keys show");
    assert.equal(code, 0, `${text}\n${stderr}`);
    assert.doesNotMatch(stdout, /plain text|EXPIRED|ENDS/);
  }
  const verified = await sh("openssl verify -CAfile ca.crt -purpose sslclient cabinet.crt");
  assert.equal(verified.code, 0, verified.stderr);
  const usages = await sh("openssl x509 -in cabinet.crt -noout -subject -ext extendedKeyUsage,keyUsage");
  assert.match(usages.stdout, /urn:dev:ops:32473-gateway-0001[\s\S]*Digital Signature[\s\S]*TLS Web Client Auth/);
});

test("docs/security.md lists the cipher suites that there are, and which of them are offered unasked", () => {
  const rows = CIPHER_SUITES.map((suite) => {
    const { number, authentication, usual } = suite;
    const needs = authentication === "psk" ? "psk" : "rpk, x509";
    const hex = number.toString(16).toUpperCase().padStart(4, "0");
    return `| \`${suiteName(suite)}\` | \`0x${hex}\` | ${needs} | ${usual ? "always" : "where it is named"}`;
  });
  const listed = page.split("\n").filter((line) => line.startsWith("| `TLS_"));
  assert.deepEqual(
    listed.map((line) => line.replace(/(?:: .*)? \|$/, "")),
    rows,
  );
});
