import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { aFolder, command } from "../../support/command.ts";

const CONFIG = `format: 1
gateway: { endpoint: "urn:dev:ops:32473-$site.site" }
servers:
  - { id: 101, uri: "coaps://lwm2m.example.com", psk: { identity: "gw-$site.site", key: !secret psk } }
links: { trial: { type: simulated } }
devices: [{ id: climate-1, mapping: simulated-climate, link: trial, mean: $site.mean }]
`;
const SITES = "site,mean,place\nattic,20,Under the roof\ncellar,12.5,\n";

function aTemplate(t: TestContext, files: Readonly<Record<string, string>> = {}) {
  const folder = aFolder(t, {
    "template/config.yaml": CONFIG,
    "template/site.yaml": "# for all\nmean: 21\nplace: unknown\n",
    "sites.csv": SITES,
    ...files,
  });
  const out = join(folder, "out");
  const run = (...more: readonly string[]) =>
    command(t, "provision", join(folder, "sites.csv"), "--template", join(folder, "template"), "--out", out, ...more);
  const read = (path: string): string => readFileSync(join(out, path), "utf8");
  return { folder, out, run, read };
}

test("each site has its folder, its values and its own key, and the servers' list has the keys", async (t) => {
  const { out, run, read } = aTemplate(t);
  const { code, stdout, stderr } = await run();
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^2 sites in .*: 2 with new keys, 0 with those that they had\n/);
  assert.deepEqual(readdirSync(out).sort(), ["attic", "cellar", "servers.csv"]);
  assert.deepEqual(readdirSync(join(out, "attic")).sort(), ["config.yaml", "secrets.yaml", "site.yaml"]);
  assert.equal(read("attic/site.yaml"), "site: attic\nmean: 20\nplace: Under the roof\n");
  assert.equal(read("cellar/site.yaml"), "site: cellar\nmean: 12.5\nplace: unknown\n\n");
  const [key, other] = ["attic", "cellar"].map(
    (site) => /^psk: "([0-9a-f]{32})"\n$/.exec(read(`${site}/secrets.yaml`))?.[1],
  );
  assert.ok(key !== undefined && other !== undefined && key !== other);
  assert.deepEqual(read("servers.csv").split("\n").slice(0, 2), [
    "site,endpoint,server,uri,mode,identity,key,public_key",
    `attic,urn:dev:ops:32473-attic,101,coaps://lwm2m.example.com,psk,gw-attic,${key},`,
  ]);
  for (const file of ["servers.csv", "attic/secrets.yaml"]) assert.equal(statSync(join(out, file)).mode & 0o777, 0o600);
  const checked = await command(t, "check", "--strict", "-c", join(out, "cellar", "config.yaml"));
  assert.equal(checked.code, 0, checked.stdout);
});

test("another run keeps the keys of sites that have some, unless they are to be new", async (t) => {
  const { folder, run, read } = aTemplate(t);
  await run();
  const before = read("attic/secrets.yaml");
  writeFileSync(join(folder, "sites.csv"), `${SITES}hall,18,\n`);
  const again = JSON.parse((await run("--json")).stdout);
  const words = again.sites.map(({ site, keys }: Readonly<Record<string, string>>) => `${site} ${keys}`);
  assert.deepEqual(words, ["attic kept", "cellar kept", "hall new"]);
  assert.equal(read("attic/secrets.yaml"), before);
  assert.ok(!JSON.stringify(again).includes(/"([0-9a-f]{32})"/.exec(before)?.[1] ?? "?"));
  await run("--renew");
  assert.notEqual(read("attic/secrets.yaml"), before);
});

test("raw public keys and certificate requests are made in the folder of the site", async (t) => {
  const servers = `servers:
  - { id: 101, uri: "coaps://a.example.com", rpk: { private_key: keys/own.key, server_public_key: server.pub } }
`;
  const config = CONFIG.replace(/servers:\n.*\n/, servers);
  const pub = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----
`;
  const { out, run, read } = aTemplate(t, { "template/config.yaml": config, "template/server.pub": pub });
  const { code, stderr, stdout } = await run();
  assert.equal(code, 0, stderr + stdout);
  assert.equal(statSync(join(out, "attic/keys/own.key")).mode & 0o777, 0o600);
  const der = /-----\n([\s\S]*)-----END/.exec(read("attic/keys/own.pub"))?.[1]?.replaceAll("\n", "");
  assert.ok(read("servers.csv").split("\n")[1]?.endsWith(`,rpk,,,${der}`), read("servers.csv"));

  const certificates = servers.replace(
    /rpk: .*/,
    "x509: { private_key: own.key, certificates: own.crt, server: ca.crt } }",
  );
  const second = aTemplate(t, { "template/config.yaml": CONFIG.replace(/servers:\n.*\n/, certificates) });
  const made = await second.run();
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /site attic: not checked yet, without own.crt/);
  assert.match(second.read("attic/own.csr"), /BEGIN CERTIFICATE REQUEST/);
  const key = second.read("attic/own.key");
  await second.run();
  assert.equal(second.read("attic/own.key"), key);
});

test("what is wrong is told by line and column of the list, and nothing is written", async (t) => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["site,mean\nattic,20\nattic,21\n", /sites.csv:3:1: error: the site "attic" is there twice; first in line 2/],
    ["site,mean\n../x,20\n", /sites.csv:2:1: error: "..\/x" is no name of a folder/],
    ["name,mean\nattic,20\n", /sites.csv:1:1: error: expected a column "site"/],
    ["site,mean\nattic,warm\n", /sites.csv:2:1: error: site attic: .*config.yaml:6:.*warm/],
    ["site,mean\nattic,20,3\n", /sites.csv:2:1: error: 3 columns; the first line has 2/],
    ["site,mean\n", /there is no site below the first line/],
  ];
  const { folder, out, run } = aTemplate(t);
  for (const [list, expected] of wrong) {
    writeFileSync(join(folder, "sites.csv"), list);
    const { code, stderr } = await run();
    assert.equal(code, 2, stderr);
    assert.match(stderr, expected);
    assert.ok(!stderr.includes(".provision-"), stderr);
    assert.deepEqual(existsSync(out) ? readdirSync(out) : [], [], list);
  }
});

test("one endpoint, one identity or one key for two sites is refused", async (t) => {
  const same = CONFIG.replace("32473-$site.site", "32473-x").replace("gw-$site.site", "gw");
  const { out, run } = aTemplate(t, { "template/config.yaml": same });
  const { code, stderr } = await run();
  assert.equal(code, 2);
  assert.match(
    stderr,
    /sites.csv:3:1: error: site cellar: the endpoint urn:dev:ops:32473-x is that of site attic, too/,
  );
  assert.match(stderr, /site cellar: the identity at server 101, gw is that of site attic, too/);
  assert.deepEqual(readdirSync(out), []);
  const shared = aTemplate(t, { "template/secrets.yaml": `psk: "${"00".repeat(16)}"\n` });
  const refused = await shared.run();
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /the secret psk in secrets.yaml, which all sites would share/);
});
