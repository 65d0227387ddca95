import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Command, parseArguments } from "../../src/cli/command.ts";
import { keysPair } from "../../src/cli/keys-pair.ts";
import { keysPsk } from "../../src/cli/keys-psk.ts";
import { keysRequest } from "../../src/cli/keys-request.ts";
import { aFolder, command, startCommand } from "../support/command.ts";
import { type CredentialFiles, credentialFiles } from "../support/credential-files.ts";
import { hasTool } from "../support/foreign-tool.ts";
import type { Outcome } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { ENDED_CERTIFICATE, ENDED_KEY } from "../vectors/ended-certificate.ts";

const keys = (t: TestContext, ...args: readonly string[]): Promise<Outcome> => command(t, "keys", ...args);
const modeOf = (file: string): number => statSync(file).mode & 0o777;
const textOf = (file: string): string => readFileSync(file, "utf8");

/** A configuration with these servers, each a flow map without its id. */
function configOf(...servers: readonly string[]): string {
  const entries = servers.map((server, i) => `  - { id: ${101 + i}, ${server} }\n`);
  return `gateway: { endpoint: gw, state: state }\nservers:\n${entries.join("")}`;
}

/** A folder with these, those with keys closed to others. */
function folderOf(t: TestContext, files: CredentialFiles | Readonly<Record<string, string>>): string {
  const folder = temporaryDirectory(t);
  for (const [name, text] of Object.entries(files)) {
    const mode = /\.key$|^secrets\.yaml$/.test(name) ? 0o600 : 0o644;
    writeFileSync(join(folder, name), text, { mode });
  }
  return folder;
}

test("the lines that keys psk prints are a configuration that is right, and keys show says so", async (t) => {
  const { code, stdout, stderr } = await keys(t, "psk", "--bytes", "32");
  assert.deepEqual([code, stderr], [0, ""]);
  const lines = stdout.split("\n");
  const psk = lines.find((line) => line.startsWith("psk: {")) ?? assert.fail(stdout);
  const secret = lines.find((line) => /^psk: "[0-9a-f]{64}"$/.test(line)) ?? assert.fail(stdout);
  const folder = folderOf(t, { "config.yaml": configOf(`uri: "coaps://h", ${psk}`), "secrets.yaml": secret });
  const shown = await keys(t, "show", "-c", join(folder, "config.yaml"));
  assert.equal(shown.code, 0, shown.stderr);
  const [, identity = ""] = /identity: "(gateway-[0-9a-f]{8})"/.exec(psk) ?? assert.fail(psk);
  assert.equal(shown.stdout, `server 101  coaps://h  psk\n   identity ${identity}, a key of 32 bytes\n`);
});

test("with --out the key goes to a file that its owner alone reads, and is not printed", async (t) => {
  const folder = temporaryDirectory(t);
  const [yaml, plain] = [join(folder, "secrets.yaml"), join(folder, "key")];
  const first = await keys(t, "psk", "--out", yaml, "--identity", "gw", "--secret", "at.101");
  assert.equal(first.code, 0, first.stderr);
  const [, inYaml = ""] = /^at\.101: "([0-9a-f]{32})"\n$/.exec(textOf(yaml)) ?? assert.fail(textOf(yaml));
  assert.ok(!first.stdout.includes(inYaml));
  assert.match(first.stdout, /^psk: \{ identity: "gw", key: !secret at\.101 \}$/m);
  const second = await keys(t, "psk", "--out", plain, "--json");
  const inPlain = textOf(plain).trim();
  assert.match(inPlain, /^[0-9a-f]{32}$/);
  assert.ok(!second.stdout.includes(inPlain));
  assert.equal(JSON.parse(second.stdout).file, plain);
  assert.deepEqual([modeOf(yaml), modeOf(plain)], [0o600, 0o600]);
  assert.notEqual(inYaml, inPlain);
  const third = await keys(t, "psk", "--out", plain);
  assert.deepEqual([third.code, third.stdout], [1, ""]);
  assert.match(third.stderr, /key is there already, and is not replaced \[LG104\]$/m);
  assert.equal(textOf(plain).trim(), inPlain);
});

test("arguments that make no safe key are refused with what was expected", async () => {
  const cases: readonly (readonly [Command, readonly string[], RegExp])[] = [
    [keysPsk, ["--bytes", "8"], /--bytes takes a number from 16 to 64, not "8"/],
    [keysPsk, ["--bytes", "1e2"], /--bytes takes a number from 16 to 64/],
    [keysPsk, ["--identity", "gäw"], /--identity takes 1 to 128 letters of ASCII/],
    [keysPsk, ["--secret", "a b"], /--secret takes letters, digits/],
    [keysPair, [], /it takes --out NAME/],
    [keysRequest, ["--out", "x"], /it takes --endpoint NAME/],
    [keysRequest, ["--out", "x", "--endpoint", "x".repeat(65)], /at most 64 characters/],
  ];
  for (const [made, args, message] of cases) {
    await assert.rejects(made.run(parseArguments(made, args)), { name: "UsageError", message });
  }
});

test("keys pair writes both halves, and prints the public one as servers want it; nothing is replaced", async (t) => {
  const folder = temporaryDirectory(t);
  const name = join(folder, "gw");
  const { code, stdout, stderr } = await keys(t, "pair", "--out", name);
  assert.equal(code, 0, stderr);
  const spki = createPublicKey(textOf(`${name}.key`)).export({ format: "der", type: "spki" });
  assert.deepEqual(createPublicKey(textOf(`${name}.pub`)).export({ format: "der", type: "spki" }), spki);
  assert.deepEqual([modeOf(`${name}.key`), modeOf(`${name}.pub`)], [0o600, 0o644]);
  const lines = stdout.split("\n");
  assert.ok(lines.includes(spki.toString("hex")) && lines.includes(spki.toString("base64")), stdout);
  const other = join(folder, "other");
  writeFileSync(`${other}.pub`, "somebody's");
  const refused = await keys(t, "pair", "--out", other, "--json");
  assert.deepEqual([refused.code, existsSync(`${other}.key`)], [1, false], "both or none");
  assert.equal(textOf(`${other}.pub`), "somebody's");
});

test("keys request makes what openssl's CA takes, for a new key or one that is there", async (t) => {
  if (!hasTool(t, "openssl", "apt install openssl")) return;
  const folder = folderOf(t, credentialFiles(t) ?? {});
  const openssl = (...args: readonly string[]): string =>
    execFileSync("openssl", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const own = await keys(t, "request", "--endpoint", "gw-7", "--out", join(folder, "new"));
  assert.equal(own.code, 0, own.stderr);
  assert.equal(modeOf(join(folder, "new.key")), 0o600);
  const [, ca = ""] = /: openssl (x509 -req .*)$/m.exec(own.stdout) ?? assert.fail(own.stdout);
  openssl(...ca.split(" "));
  assert.match(
    openssl("x509", "-in", "gateway.crt", "-noout", "-text"),
    /CN = gw-7[\s\S]*TLS Web Client Authentication/,
  );
  const before = readdirSync(folder).length;
  const given = await keys(
    t,
    "request",
    "--endpoint",
    "gw",
    "--key",
    join(folder, "gw.key"),
    "--out",
    join(folder, "re"),
  );
  assert.equal(given.code, 0, given.stderr);
  assert.equal(readdirSync(folder).length, before + 1, "the request alone");
  openssl("req", "-in", "re.csr", "-verify", "-noout");
  assert.equal(openssl("req", "-in", "re.csr", "-pubkey", "-noout"), textOf(join(folder, "gw.pub")));
  writeFileSync(join(folder, "open.pem"), textOf(join(folder, "gw.key")), { mode: 0o644 });
  for (const [file, pattern] of [
    ["open.pem", /others may read .*open\.pem \(mode 0644\)/],
    ["rsa.key", /rsa\.key: the private key is one of type RSA/],
    ["none.key", /cannot read .*none\.key: there is no such file/],
  ] as const) {
    const { code, stderr } = await keys(
      t,
      "request",
      "--endpoint",
      "g",
      "--key",
      join(folder, file),
      "--out",
      "unused",
    );
    assert.equal(code, 2);
    assert.match(stderr, pattern);
  }
});

test("keys show tells of each server who we are, whom it expects, and how long that holds", async (t) => {
  const files = credentialFiles(t);
  if (files === undefined) return;
  const folder = folderOf(t, {
    ...files,
    "config.yaml": Buffer.from(
      configOf(
        'uri: "coaps://a", x509: { private_key: gw.key, certificates: chain.crt, server: ca.crt, usage: trust-anchor }',
        'uri: "coaps://b", rpk: { private_key: gw.key, server_public_key: server.pub }',
        'uri: "coap://c"',
      ),
    ),
  });
  const { code, stdout, stderr } = await keys(t, "show", "-c", join(folder, "config.yaml"));
  assert.deepEqual([code, stderr], [0, ""]);
  const shape = stdout.replaceAll(/[0-9a-f]{64}/g, "HASH").replaceAll(/\d{4}-\d\d-\d\d, \d+ days/g, "DAY");
  assert.equal(
    shape,
    `server 101  coaps://a  x509
   we show: certificate of CN=gateway-1, O=Acme
      issued by CN=Intermediate; valid until DAY
      sha256 HASH
   with it: certificate of CN=Intermediate
      issued by CN=Root; valid until DAY
      sha256 HASH
   the server must show: certificate of CN=Root, trust-anchor
      issued by CN=Root; valid until DAY
      sha256 HASH
server 102  coaps://b  rpk
   we show: public key
      sha256 HASH
   the server must show: public key
      sha256 HASH
server 103  coap://c  plain text
`,
  );
  const [first] = JSON.parse((await keys(t, "show", "-c", join(folder, "config.yaml"), "--json")).stdout);
  const { subject, issuer, state, days } = first.entries[0];
  assert.deepEqual([subject, issuer, state, days], ["CN=gateway-1, O=Acme", "CN=Intermediate", "valid", 399]);
});

test("where a certificate has ended, keys show ends with 1 and check warns", async (t) => {
  const config = configOf(
    'uri: "coaps://a", x509: { private_key: e.key, certificates: e.crt, server: "00", matching: sha256 }',
  );
  const files = {
    "config.yaml": config.replace('"00"', `"${"00".repeat(32)}"`),
    "e.key": ENDED_KEY,
    "e.crt": ENDED_CERTIFICATE,
  };
  const folder = folderOf(t, files);
  const { code, stdout } = await keys(t, "show", "-c", join(folder, "config.yaml"));
  assert.equal(code, 1);
  assert.match(stdout, /we show: certificate of CN=ended\n {6}issued by CN=ended; EXPIRED on 2020-02-01\n/);
  assert.match(stdout, /the server must show: a certificate, domain-issued\n {6}sha256 0{64}\n/);
  const checked = await command(t, "check", "-c", join(folder, "config.yaml"));
  assert.match(
    checked.stdout,
    /config\.yaml:3:\d+: warning: the certificate of CN=ended has expired on 2020-02-01 \[LG224\]$/m,
  );
});

/** What of a key somebody could recognise: its digits, its base64, its bytes as JSON has them. */
function tracesOf(key: Buffer): readonly RegExp[] {
  const [hex, base64] = [key.toString("hex"), key.toString("base64").replace(/=+$/, "")];
  const bytes = [...key.subarray(-8)].join(",\\s*");
  return [new RegExp(hex.slice(-16), "i"), new RegExp(base64.slice(-12).replace(/[+/]/g, "\\$&")), new RegExp(bytes)];
}

test("nothing that is printed, logged or served has a key in it, whatever is asked and whatever goes wrong", async (t) => {
  const psk = Buffer.from("5ec2e70fba1d1ea55ec2e70fba1d1ea5", "hex");
  const der = Buffer.from(ENDED_KEY.replace(/-.*-|\n/g, ""), "base64");
  const servers = [
    'uri: "coaps://127.0.0.1:1", psk: { identity: gw, key: !secret planted }',
    'uri: "coaps://127.0.0.1:2", x509: { private_key: !secret pem, certificates: e.crt, server: e.crt }',
  ];
  const secrets = `planted: "${psk.toString("hex")}"\npem: |\n${ENDED_KEY.replace(/^(?=.)/gm, "  ")}`;
  const folder = folderOf(t, {
    "secrets.yaml": secrets,
    "e.crt": ENDED_CERTIFICATE,
    "config.yaml": configOf(...servers),
  });
  const wrong = aFolder(t, {
    "config.yaml": configOf(
      `uri: "coaps://h", psk: { identity: gw, key: ${psk.toString("hex")} }`,
      `uri: "coaps://h", psk: ${psk.toString("hex")}`,
      `uri: "coaps://h", rpk: { private_key: ${der.toString("base64")}, server_public_key: x }`,
      `uri: "coaps://h", rpk: { private_key: ${JSON.stringify(ENDED_KEY)}, server_public_key: x }`,
    ),
  });
  const config = join(folder, "config.yaml");
  const asked = [["check"], ["check", "--json"], ["keys", "show"], ["keys", "show", "--json"]];
  const printed = await Promise.all([
    ...asked.map((args) => command(t, ...args, "--config", config)),
    ...asked.slice(1, 3).map((args) => command(t, ...args, "--config", join(wrong, "config.yaml"))),
  ]);
  const gateway = startCommand(t, "run", "--config", config, "--log-level", "debug");
  const begun = await Promise.race([gateway.printed(/"msg":"started"/), gateway.outcome]);
  if ("index" in begun) printed.push(await command(t, "status", "--json", "--config", config));
  gateway.child.kill("SIGKILL");
  printed.push(await gateway.outcome);
  assert.ok(printed.some(({ stdout }) => stdout.includes("a key of 16 bytes")));
  for (const { stdout, stderr } of printed) {
    for (const trace of [...tracesOf(psk), ...tracesOf(der.subarray(0, 67))]) {
      assert.doesNotMatch(stdout + stderr, trace);
    }
  }
});
