import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { credentialFiles } from "../support/credential-files.ts";
import { loadFolder } from "./config-folder.ts";

const DEVICE = "mapping: simulated-climate, link: trial";

interface Given {
  readonly uri?: string;
  /** Keys of the server: line 5. */
  readonly server?: string;
  /** Lines 8 and on. */
  readonly devices?: readonly string[];
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

async function load(t: TestContext, { uri = "coap://h", server = "layout: clients", devices, files = {} }: Given) {
  const entries = devices ?? ["{ id: a, device_id: urn:a }", "{ id: b }"];
  const config = `gateway: { endpoint: gw }
servers:
  - id: 7
    uri: ${uri}
    ${server}
links: { trial: { type: simulated } }
devices:
${entries.map((entry) => `  - ${entry.replace("{ ", `{ ${DEVICE}, `)}`).join("\n")}
`;
  const loaded = await loadFolder(t, { ...files, "config.yaml": config });
  const problems = loaded.problems.map((problem) => problem.replace(/^.*config\.yaml:/, ""));
  return { ...loaded, problems, plans: loaded.config?.clients.get(7) };
}

test("a client is called after its Device ID, and has the lifetime of the server, where nothing else is said", async (t) => {
  const { config, plans, problems } = await load(t, { server: "layout: clients\n    lifetime: 10m" });
  assert.deepEqual(problems, []);
  assert.deepEqual(config?.servers[0]?.clients, { lifetime: 600_000, perSecond: 20 });
  assert.deepEqual(
    [...(plans ?? [])],
    [
      ["a", { endpoint: "urn:a" }],
      ["b", { endpoint: "urn:dev:ops:gw-b" }],
    ],
  );
});

test("every key of clients is read", async (t) => {
  const server = 'layout: clients\n    clients: { endpoint: "site-9-{id}", lifetime: 1h, per_second: 50, max: 1 }';
  const { config, plans } = await load(t, { server });
  assert.deepEqual(config?.servers[0]?.clients, { lifetime: 3_600_000, perSecond: 50 });
  assert.deepEqual(
    [...(plans ?? [])],
    [
      ["a", { endpoint: "site-9-a" }],
      ["b", { refused: "clients.max is 1" }],
    ],
  );
});

test("each mistake is told at its place", async (t) => {
  const cases: Readonly<Record<string, string>> = {
    "clients: { max: 5 }": "5:5: error: clients: needs layout: clients; this server has layout gateway",
    'layout: clients\n    clients: { endpoint: "same" }':
      "6:26: error: endpoint: expected {id} or {device_id} in it: each device needs its own",
    'layout: clients\n    clients: { endpoint: "{idd}" }':
      "6:26: error: endpoint: only {id} and {device_id} are filled in",
    "layout: clients\n    clients: { max: 10000, per_second: 20 }":
      "6:40: error: per_second: so many would take more than 200 s to register: expected more per_second, or a smaller max",
    'layout: clients\n    clients: { psk: { identity: "{id}", key: !secret "psk-{id}" } }':
      "6:16: error: psk needs coaps://, and the uri has coap://",
    "layout: client": "5:13: error: layout: expected one of",
  };
  for (const [server, told] of Object.entries(cases)) {
    const { problems } = await load(t, { server });
    assert.ok(
      problems.some((problem) => problem.includes(told)),
      `${server}\n${problems.join("\n")}\n${told}`,
    );
  }
});

test("two that would be the same to the server are told; the first is it", async (t) => {
  const devices = ["{ id: a, device_id: gw }", "{ id: b, device_id: x }"];
  const { plans, problems } = await load(t, { devices });
  assert.deepEqual(problems, ["8:5: error: endpoint: the gateway itself and device a would both be gw"]);
  assert.deepEqual([...(plans?.keys() ?? [])], ["a", "b"]);
  assert.deepEqual(plans?.get("a"), { refused: "the gateway itself has the endpoint gw" });
});

const KEYS = Object.entries({ gw: "00", "psk-a": "0a", "psk-b": "0b", own: "0c" })
  .map(([name, byte]) => `${name}: "${byte.repeat(16)}"\n`)
  .join("");
const PSK = {
  uri: "coaps://h",
  files: { "secrets.yaml": KEYS },
  server: `layout: clients
    psk: { identity: gw, key: !secret gw }
    clients: { psk: { identity: "gw-{id}", key: !secret "psk-{id}" } }`,
} as const;

test("each device has a key of its own, by the names of secrets, or in its entry", async (t) => {
  const { plans, problems } = await load(t, {
    ...PSK,
    devices: ["{ id: a }", "{ id: b, psk: { identity: special, key: !secret own } }"],
  });
  assert.deepEqual(problems, []);
  const keys = [...(plans ?? [])].map(([id, plan]) => {
    const credentials = "security" in plan ? plan.security?.credentials : undefined;
    return credentials?.mode === "psk" ? [id, credentials.identity, credentials.key[0]] : [id];
  });
  assert.deepEqual(keys, [
    ["a", "gw-a", 0x0a],
    ["b", "special", 0x0c],
  ]);
});

test("a device whose key is missing, or another's, is no client; nothing secret is told, and the others are", async (t) => {
  const missing = await load(t, { ...PSK, devices: ["{ id: a }", "{ id: c }"] });
  assert.match(
    missing.problems.join("\n"),
    /^7:\d+: error: device c at server 7: there is no secret "psk-c"; did you mean "psk-[ab]"\?/,
  );
  assert.deepEqual(missing.plans?.get("c"), { refused: "it has no psk that is right" });
  assert.ok("endpoint" in (missing.plans?.get("a") ?? {}));
  const twice = await load(t, {
    ...PSK,
    devices: [
      "{ id: a }",
      "{ id: b, psk: { identity: gw-a, key: !secret own } }",
      "{ id: d, psk: { identity: gw, key: !secret gw } }",
    ],
  });
  assert.deepEqual(
    twice.problems.map((problem) => problem.replace(/^[\d:]+ /, "")),
    [
      "error: device b at server 7: identity: device a has the same one; expected one for each",
      "error: device d at server 7: identity: the gateway itself has the same one; expected one for each",
    ],
  );
  const none = await load(t, { ...PSK, server: "layout: clients\n    psk: { identity: gw, key: !secret gw }" });
  assert.equal(
    none.problems[0],
    "9:5: error: device a at server 7: there is no psk for it, neither here nor under clients: of the server",
  );
});

test("a thousand devices without keys are five problems and a number", async (t) => {
  const { problems } = await load(t, {
    ...PSK,
    devices: ["{ id: x-$n, each: { n: 1..1000 } }"],
  });
  assert.equal(problems.filter((problem) => problem.includes("there is no secret")).length, 5);
  assert.ok(problems.some((problem) => problem.includes("995 other devices have the like at server 7")));
});

test("certificates of devices are files by their names; whom they expect is what the gateway expects", async (t) => {
  const files = credentialFiles(t) ?? {};
  const { config, plans, problems } = await load(t, {
    uri: "coaps://lwm2m.example",
    files: {
      ...files,
      "a.key": files["server.key"] ?? "",
      "a.crt": Buffer.concat([files["server.crt"] ?? Buffer.of(), files["ca.crt"] ?? Buffer.of()]),
    },
    server: `layout: clients
    x509: { private_key: gw.key, certificates: [gw.crt, inter.crt], server: ca.crt }
    clients: { x509: { private_key: "{id}.key", certificates: "{id}.crt" } }`,
  });
  const a = plans?.get("a");
  assert.ok(a !== undefined && "security" in a && a.security?.credentials.mode === "x509", problems.join("\n"));
  assert.equal(a.security.credentials.certificates.length, 2);
  const [own] = (config?.servers ?? []).map(({ security }) => security?.credentials);
  assert.deepEqual(a.security.credentials.server, own?.mode === "x509" ? own.server : undefined);
  assert.match(problems.join("\n"), /device b at server 7: private_key: .*b\.key/);
});

test("a key pair, or a certificate, that another has is an error, since the server knows them by it", async (t) => {
  const files = credentialFiles(t) ?? {};
  const uri = "coaps://lwm2m.example";
  const devices = ["{ id: a }", "{ id: b }", "{ id: gw-2 }"];
  const of = (name: string): Buffer => files[name] ?? assert.fail(name);
  const keys = { "a.key": of("inter.key"), "b.key": of("inter.key"), "gw-2.key": of("gw.key") };
  const rpk = await load(t, {
    ...{ uri, devices, files: { ...files, ...keys } },
    server: `layout: clients
    rpk: { private_key: gw.key, server_public_key: server.pub }
    clients: { rpk: { private_key: "{id}.key" } }`,
  });
  const told = (problems: readonly string[]): string[] => problems.map((problem) => problem.replace(/^[\d:]+ /, ""));
  assert.deepEqual(told(rpk.problems), [
    "error: device b at server 7: private_key: device a has the same one; expected one for each",
    "error: device gw-2 at server 7: private_key: the gateway itself has the same one; expected one for each",
  ]);
  assert.deepEqual(rpk.plans?.get("b"), { refused: "it has no rpk that is right" });
  const certificates = { "a.crt": of("inter.crt"), "b.crt": of("inter.crt"), "gw-2.crt": of("gw.crt") };
  const x509 = await load(t, {
    ...{ uri, devices, files: { ...files, ...keys, ...certificates } },
    server: `layout: clients
    x509: { private_key: gw.key, certificates: [gw.crt, inter.crt], server: ca.crt }
    clients: { x509: { private_key: "{id}.key", certificates: "{id}.crt" } }`,
  });
  assert.deepEqual(told(x509.problems), [
    "error: device b at server 7: certificates: device a has the same one; expected one for each",
    "error: device gw-2 at server 7: certificates: the gateway itself has the same one; expected one for each",
  ]);
});

test("what is of no use is told", async (t) => {
  const { problems } = await load(t, {
    devices: ["{ id: a, psk: { identity: x, key: !secret own } }"],
    files: PSK.files,
  });
  assert.match(problems.join("\n"), /warning: psk: no server has layout: clients, coaps:\/\/ and psk: it is not used/);
  const other = await load(t, {
    ...PSK,
    server: `${PSK.server.replace("clients: { psk", "clients: { rpk: { private_key: x }, psk")}`,
  });
  assert.match(
    other.problems.join("\n"),
    /rpk: the gateway itself has psk at this server; expected psk for its devices, too/,
  );
});
