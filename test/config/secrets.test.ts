import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { z } from "zod";
import { simulated } from "../../adapters/simulated/index.ts";
import type { AdapterModule } from "../../src/adapter.ts";
import { AdapterShelf } from "../../src/config/adapter-shelf.ts";
import { formatCheck } from "../../src/config/check.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { LoadedConfig } from "../../src/config/types.ts";
import { ConfigError, problemText } from "../../src/errors.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { temporaryDirectory } from "../support/temp.ts";

/** The simulated protocol with keys that hold secrets. */
const locked: AdapterModule = {
  ...simulated,
  name: "locked",
  linkTypes: { locked: z.strictObject({ user: z.string(), password: z.string() }) },
  device: z.strictObject({ key: z.string().optional() }),
};

const CONFIG = `gateway: { endpoint: gw }
servers: [ { id: 1, uri: "coap://127.0.0.1" } ]
links: { door: { type: locked, user: me, password: !secret door_pw } }
devices: [ { id: lock, mapping: lock, link: door, key: !secret lock.key } ]
`;
const MAPPING = `mapping: lock
protocol: locked
params: { key: { type: secret, optional: true } }
locked: { key: $key }
objects: { 3303: { sensor_value: { constant: 1 } } }
`;

interface Given {
  readonly config?: string;
  readonly mapping?: string;
  readonly secrets?: string;
  readonly mode?: number;
  readonly credentials?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly site?: string;
}

interface Outcome {
  readonly config?: LoadedConfig;
  readonly problems: readonly string[];
}

async function load(t: TestContext, given: Given): Promise<Outcome> {
  const folder = temporaryDirectory(t);
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  for (const name of ["mappings", "credentials"]) mkdirSync(join(folder, name));
  write("config.yaml", given.config ?? CONFIG);
  write("mappings/lock.yaml", given.mapping ?? MAPPING);
  if (given.site !== undefined) write("site.yaml", given.site);
  for (const [name, text] of Object.entries(given.credentials ?? {})) write(`credentials/${name}`, text);
  if (given.secrets !== undefined) {
    write("secrets.yaml", given.secrets);
    chmodSync(join(folder, "secrets.yaml"), given.mode ?? 0o600);
  }
  const secrets = {
    environment: given.environment ?? {},
    ...(given.credentials === undefined ? {} : { credentials: join(folder, "credentials") }),
  };
  const options = { adapters: AdapterShelf.of([locked]), catalogue, packagedMappings: join(folder, "none"), secrets };
  const tell = (problem: Parameters<typeof problemText>[0]): string =>
    problemText(problem).replaceAll(`${folder}/`, "");
  try {
    const config = await loadConfig(join(folder, "config.yaml"), options);
    return { config, problems: config.problems.map(tell) };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems.map(tell) };
    throw error;
  }
}

function passwordOf({ config, problems }: Outcome): unknown {
  const options = config?.links.get("door")?.options;
  assert.ok(options !== undefined, problems.join("\n"));
  return (options as { readonly password: string }).password;
}

test("a secret is systemd's, else of secrets.yaml, else of the environment", async (t) => {
  const environment = { LWM2M_SECRET_DOOR_PW: "from-environment", LWM2M_SECRET_LOCK_KEY: "KEY" };
  assert.equal(passwordOf(await load(t, { environment })), "from-environment");
  const secrets = "door_pw: from-file\n";
  assert.equal(passwordOf(await load(t, { environment, secrets })), "from-file");
  const credentials = { door_pw: "from-systemd\n" };
  const all = await load(t, { environment, secrets, credentials });
  assert.equal(passwordOf(all), "from-systemd");
  assert.deepEqual(all.config?.devices[0]?.device, { key: "KEY" });
  assert.deepEqual(all.problems, []);
});

test("a secret that is missing is told with all places where it could be", async (t) => {
  const { problems } = await load(t, { secrets: "door_pv: x\n", credentials: {} });
  assert.deepEqual(problems, [
    'config.yaml:3:60: error: there is no secret "door_pw"; did you mean "door_pv"?; expected credentials/door_pw, or a line "door_pw: …" in secrets.yaml (mode 0600), or LWM2M_SECRET_DOOR_PW in the environment',
  ]);
  const device = await load(t, { secrets: "door_pw: x\n" });
  assert.match(device.problems[0] ?? "", /^config\.yaml:4:64: error: there is no secret "lock\.key"; expected a line/);
  assert.deepEqual(
    device.config?.disabled.map(({ id }) => id),
    ["lock"],
    "the device alone is off",
  );
});

test("a secrets.yaml that others may read is not taken", async (t) => {
  const { problems } = await load(t, { secrets: "door_pw: open\nlock.key: k\n", mode: 0o644 });
  assert.deepEqual(problems, [
    'config.yaml:3:60: error: secret "door_pw": others may read secrets.yaml (mode 0644), so nothing of it is taken: chmod 600 secrets.yaml',
  ]);
});

test("a secrets.yaml that is no YAML, an empty secret and a wrong name are told without what stands there", async (t) => {
  const broken = await load(t, { secrets: "door_pw: *hunter2\nlock.key: k\n" });
  assert.match(broken.problems.join("\n"), /secret "door_pw": secrets\.yaml:1 is no line such as name: "value"/);
  assert.doesNotMatch(broken.problems.join("\n"), /hunter2/);
  const list = await load(t, { secrets: "door_pw: [hunter2]\n" });
  assert.match(list.problems.join("\n"), /secrets\.yaml:1 is no line such as/);
  const empty = await load(t, { secrets: 'door_pw: ""\nlock.key: k\n' });
  assert.deepEqual(empty.problems, ['config.yaml:3:60: error: the secret "door_pw" is empty']);
  const away = await load(t, { config: CONFIG.replace("door_pw", "../passwd"), credentials: {} });
  assert.match(away.problems.join("\n"), /"\.\.\/passwd" is no name of a secret/);
});

test("a parameter of type secret takes nothing but a secret, and no other parameter takes one", async (t) => {
  const secrets = "door_pw: pppp\nlock.key: kkkk\n";
  const inline = await load(t, { secrets, config: CONFIG.replace("!secret lock.key", "hunter2") });
  assert.deepEqual(inline.problems, [
    "config.yaml:4:56: error: key: expected !secret and its name, never the secret itself",
  ]);
  const text = await load(t, { secrets, mapping: MAPPING.replace("type: secret", "type: string") });
  assert.deepEqual(text.problems, [
    "config.yaml:4:64: error: key: a secret cannot stand here: the parameter is of type string",
  ]);
  const standard = await load(t, { secrets, mapping: MAPPING.replace("type: secret,", "type: secret, default: x,") });
  assert.match(standard.problems.join("\n"), /a secret has no default/);
});

test("a secret is never served, and never shown", async (t) => {
  const secrets = "door_pw: hunter2\nlock.key: hunter3\n";
  for (const shown of ["{ const: $key }", "{ param: key }", '{ const: "a $key" }']) {
    const mapping = MAPPING.replace("objects: {", `objects: {\n  3: { serial_number: ${shown} },`);
    const { problems } = await load(t, { secrets, mapping });
    assert.match(
      problems.join("\n"),
      /mappings\/lock\.yaml:6:\d+: error: a secret cannot stand here, where it would be shown/,
    );
  }
  const id = await load(t, { secrets, config: CONFIG.replace("id: lock", "id: !secret door_pw") });
  assert.match(id.problems.join("\n"), /config\.yaml:4:26: error: a secret cannot stand here/);
  const uri = await load(t, { secrets, config: CONFIG.replace('"coap://127.0.0.1"', "!secret door_pw") });
  assert.match(uri.problems.join("\n"), /a secret cannot stand here/);
  const wrong = await load(t, { secrets, config: CONFIG.replace("type: locked", "type: !secret door_pw") });
  const site = await load(t, {
    secrets,
    config: CONFIG.replace("!secret door_pw", "$site.pw"),
    site: "pw: !secret door_pw\n",
  });
  assert.equal(passwordOf(site), "hunter2");
  assert.ok(site.config !== undefined);
  assert.match(formatCheck(site.config), /pw = \(secret\)/);
  const inside = await load(t, {
    secrets,
    config: CONFIG.replace("id: lock", 'id: "lock-$site.pw"'),
    site: "pw: !secret door_pw\n",
  });
  assert.match(inside.problems.join("\n"), /config\.yaml:4:\d+: error: a secret cannot stand here/);
  const said = [id, uri, wrong, site, inside].flatMap(({ problems }) => problems).join("\n");
  assert.doesNotMatch(said + formatCheck(site.config), /hunter/);
  assert.doesNotMatch(site.config.devices[0]?.fingerprint ?? "", /hunter/);
});

test("another secret is another device, so that a reload brings it", async (t) => {
  const fingerprint = async (key: string): Promise<string | undefined> =>
    (await load(t, { secrets: `door_pw: p\nlock.key: ${key}\n` })).config?.devices[0]?.fingerprint;
  assert.equal(await fingerprint("a"), await fingerprint("a"));
  assert.notEqual(await fingerprint("a"), await fingerprint("b"));
});
