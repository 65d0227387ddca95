import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { unzipSync } from "fflate";
import { aFolder, PROGRAM } from "../../support/command.ts";
import { run, start } from "../../support/process.ts";

/** Planted; each is found nowhere else. */
const SECRETS = {
  psk: "8f1e2d3c4b5a69788796a5b4c3d2e1f0",
  other_psk: "base64:q83vASNFZ4mrze8BI0VniQ==",
  mqtt: "Zebra-crossing-99",
  bindkey: "231d39c1d7cc1ab1aee224cd096db932",
  site: "Quagga.Site.77",
  environment: "Okapi.Environment.55",
  credential: "Tapir.Credential.33",
} as const;
const INLINE = ["Narwhal.Inline.11", "Walrus.Userinfo.22", "Ibex.Comment.44", "Gecko.Column.66", "Heron.Token.88"];

function forms(secret: string): readonly string[] {
  const digits = secret.replace(/^base64:/, "");
  const isHex = /^[0-9a-f]+$/.test(digits);
  const key = Buffer.from(digits, isHex ? "hex" : secret.startsWith("base64:") ? "base64" : "utf8");
  return [
    secret,
    digits,
    key.toString("hex"),
    key.toString("hex").toUpperCase(),
    key.toString("base64").replace(/=+$/, ""),
  ];
}

function partsOf(file: string): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(unzipSync(readFileSync(file))).map(([name, part]) => [name, Buffer.from(part).toString()]),
  );
}

function assertClean(parts: ReadonlyMap<string, string>, secrets: readonly string[]): void {
  for (const secret of secrets) {
    for (const form of forms(secret)) {
      for (const [name, text] of parts) assert.ok(!text.includes(form), `${name} has ${secret} as ${form}:\n${text}`);
    }
  }
}

interface Around {
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

function around(t: TestContext, files: Readonly<Record<string, string>>): Around {
  const folder = aFolder(t, files);
  const credentials = join(folder, "handed-over");
  mkdirSync(credentials);
  writeFileSync(join(credentials, "broker"), `${SECRETS.credential}\n`);
  const lines = Object.entries(SECRETS).map(([name, secret]) => `${name}: "${secret}"\n`);
  writeFileSync(join(folder, "secrets.yaml"), lines.slice(0, 5).join(""), { mode: 0o600 });
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const own = { LWM2M_SECRET_MODEM: SECRETS.environment, CREDENTIALS_DIRECTORY: credentials };
  return { folder, env: { PATH, NODE_COMPILE_CACHE, ...own } };
}

function gateway(t: TestContext, { folder, env }: Around, ...args: readonly string[]) {
  return run(t, process.execPath, [PROGRAM, ...args], { cwd: folder, env: { ...env } });
}

test("the bundle of a running gateway has its status, log and files, and none of its secrets", async (t) => {
  const config = `# once it was ${INLINE[2]}
gateway: { endpoint: urn:dev:ops:32473-x }
servers:
  - { id: 101, uri: "coaps://127.0.0.1:1", psk: { identity: the-cabinet, key: !secret psk } }
  - { id: 102, uri: "coaps://127.0.0.1:2", rpk: { private_key: own.key, server_public_key: server.pub } }
  - { id: 103, uri: "coaps://127.0.0.1:4", psk: { identity: other, key: !secret other_psk } }
links:
  trial: { type: simulated }
  broker: { type: mqtt, url: "mqtt://127.0.0.1:3", user: me, password: !secret mqtt }
  second: { type: mqtt, url: "mqtt://127.0.0.1:3", user: me, password: ${INLINE[0]} }
  third: { type: mqtt, url: "mqtt://127.0.0.1:3", user: me, password: $site.broker_word }
  fourth: { type: mqtt, url: "mqtt://127.0.0.1:3", user: me, password: !secret modem }
  fifth: { type: mqtt, url: "mqtt://127.0.0.1:3", user: me, password: !secret broker }
  air: { type: ble }
devices:
  - { id: ${SECRETS.mqtt}, mapping: simulated-climate, link: trial }
  - { id: room-$n, mapping: simulated-climate, link: trial, each: rooms.csv, mean: $mean }
  - { id: thermo, mapping: atc-climate, link: air, mac: "A4:C1:38:01:02:03", key: !secret bindkey }
`;
  const files = {
    "config.yaml": config,
    "site.yaml": `broker_word: !secret site\nnote: 1 # ${INLINE[2]}\n`,
    "rooms.csv": `n,mean,door_pin\n1,20,${INLINE[3]}\n`,
  };
  const world = around(t, files);
  const made = await gateway(t, world, "keys", "pair", "--out", "own", "--json");
  await gateway(t, world, "keys", "pair", "--out", "server");
  assert.equal(made.code, 0);
  const key = readFileSync(join(world.folder, "own.key"), "utf8");
  const daemon = start(t, process.execPath, [PROGRAM, "run", "-c", "config.yaml"], {
    cwd: world.folder,
    env: { ...world.env },
  });
  await daemon.printed(/"msg":"started"/);
  const { code, stdout, stderr } = await gateway(t, world, "support-bundle", "b.zip", "-c", "config.yaml", "--json");
  assert.equal(code, 0, stderr);
  const file = join(world.folder, "b.zip");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const parts = partsOf(file);
  const { contents, hints } = JSON.parse(stdout);
  assert.deepEqual(hints, []);
  const names = contents.map(({ name }: { readonly name: string }) => name);
  for (const name of [
    "machine.json",
    "status.json",
    "metrics.txt",
    "store.json",
    "log.json",
    "check.txt",
    "state.txt",
    "network.txt",
  ]) {
    assert.ok(names.includes(name), name);
  }
  assert.match(parts.get("log.json") ?? "", /"msg":"started"/);
  assert.equal(JSON.parse(parts.get("status.json") ?? "").endpoint, "urn:dev:ops:32473-x");
  const shown = parts.get("configuration/config.yaml") ?? "";
  assert.match(shown, /^#\ngateway: .*\nservers:\n.*identity: "\(hidden\)", key: !secret psk/);
  assert.match(shown, /private_key: own.key, server_public_key: server.pub/);
  assert.match(shown, /A4:C1:38:xx:xx:#\d/);
  assert.equal(parts.get("configuration/rooms.csv"), 'n,mean,door_pin\n"1","20",(hidden)\n');
  assert.ok(![...parts.keys()].some((name) => /secrets.yaml|\.key$/.test(name)));
  const inPem = key.split("\n").filter((line) => line.length > 10 && !line.startsWith("-"));
  assertClean(parts, [...Object.values(SECRETS), ...INLINE, ...inPem]);
  daemon.child.kill("SIGTERM");
  await daemon.outcome;
});

test("of a configuration that is wrong there is a bundle, too, and secrets at wrong places are hidden", async (t) => {
  const config = `gateway: { endpoint: urn:dev:ops:32473-x, admin: { http: 1, token: ${INLINE[4]} } }
servers:
  - { id: 101, uri: "coaps://127.0.0.1:1", psk: { identity: me, key: ${SECRETS.psk} } }
  - { id: 102, uri: "coaps://127.0.0.1:1", x509: { private_key: own.key, certificates: none.crt, server: none.crt } }
links: { broker: { type: mqtt, url: "mqtt://me:${INLINE[1]}@127.0.0.1:3" } }
devices: [{ id: thermo, mapping: atc-climate, link: air, mac: "A4:C1:38:01:02:03", key: ${SECRETS.bindkey} }]
`;
  const world = around(t, { "config.yaml": config, "devices.d/broken.yaml": `devices: [ ${INLINE[2]}` });
  const made = await gateway(t, world, "keys", "pair", "--out", "own");
  assert.equal(made.code, 0);
  const { code, stdout, stderr } = await gateway(t, world, "support-bundle", "b.zip", "-c", "config.yaml");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /journalctl -u lwm2m-gateway/);
  const parts = partsOf(join(world.folder, "b.zip"));
  assert.match(parts.get("check.txt") ?? "", /the gateway would not start/);
  assert.match(parts.get("configuration/devices.d/broken.yaml.txt") ?? "", /left out/);
  const key = readFileSync(join(world.folder, "own.key"), "utf8").split("\n").slice(1, 3);
  assertClean(parts, [...Object.values(SECRETS), ...INLINE, ...key]);
});
