/** Firmware by hand at a running gateway, with a device that takes it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { listenAdminSocket } from "../../src/admin/client.ts";
import { anImage } from "../support/a-download.ts";
import { aConfig, aFolder, command, startCommand } from "../support/command.ts";

const LIMIT = { timeout: 90_000 };
const MAPPING = `mapping: valve
protocol: simulated
objects:
  3303: { sensor_value: { constant: 21.5 } }
firmware:
  via: simulated
  transfer: { speed: 40000, boot: 500ms }
  accept: { max_size: 64KB }
  verify: { within: 20s, poll: 200ms, settle: 300ms }
`;

async function aWorld(t: TestContext) {
  const devices = ["{ id: valve, mapping: valve, link: trial }"];
  const folder = aFolder(t, {
    "config.yaml": aConfig({ devices }),
    "mappings/valve.yaml": MAPPING,
    image: anImage(20_000).toString("latin1"),
    large: "x".repeat(70_000),
  });
  const config = join(folder, "config.yaml");
  const gateway = startCommand(t, "run", "--config", config);
  await Promise.all([gateway.printed(/"msg":"started"/), gateway.printed(/"device":"valve".*online/)]);
  const firmware = (...args: readonly string[]) => command(t, "firmware", ...args, "--config", config);
  return { folder, firmware };
}

test("an image is pushed, installed, and stands in the history", LIMIT, async (t) => {
  const { folder, firmware } = await aWorld(t);
  const gone = new AbortController();
  t.after(() => gone.abort());
  const events: unknown[] = [];
  const heard = listenAdminSocket(join(folder, "state/admin.sock"), "/v1/events?topics=firmware", gone.signal);
  const listening = (async () => {
    for await (const { data } of heard) events.push(data);
  })();
  const before = await firmware("list");
  assert.match(before.stdout, /^DEVICE +VIA +STATE +IMAGE +LAST RESULT\nvalve +simulated +idle +- +0, none yet\n$/);
  const pushed = await firmware("push", "valve", join(folder, "image"), "--update");
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.match(pushed.stdout, /^valve: updated/);
  const shown = await firmware("show", "valve");
  assert.match(shown.stdout, /^valve: idle, by simulated\n {4}result: 1, updated\n/);
  const { stdout } = await firmware("history", "valve", "--json");
  const [record] = JSON.parse(stdout);
  const device = await command(t, "device", "valve", "--config", join(folder, "config.yaml"));
  assert.match(device.stdout, /\nfirmware\n {2}valve: idle, by simulated\n {6}result: 1, updated\n/);
  gone.abort();
  await listening;
  const states = events.map((event) =>
    typeof event === "object" && event !== null ? Reflect.get(event, "state") : "",
  );
  const changes = states.filter((state, i) => state !== states[i - 1]);
  assert.deepEqual(changes.slice(-2), [3, 0], String(states));
  assert.deepEqual([record.result, record.before], [1, "1.0.0"]);
});

test("show --watch follows an update, and --json is a line each time", LIMIT, async (t) => {
  const { folder, firmware } = await aWorld(t);
  const at = ["--config", join(folder, "config.yaml")];
  const followed = startCommand(t, "firmware", "show", "valve", "--watch", ...at);
  const lines = startCommand(t, "firmware", "list", "--watch", "--json", ...at);
  await Promise.all([
    followed.printed(/^valve: idle, by simulated$/m),
    lines.printed(/^\{"now":\d+,"firmware":\[.*\}$/m),
  ]);
  assert.equal((await firmware("push", "valve", join(folder, "image"), "--update")).code, 0);
  await Promise.all([followed.printed(/^ {4}result: 1, updated$/m), lines.printed(/^\{.*"result":1,.*\}$/m)]);
  for (const each of [followed, lines]) {
    each.child.kill("SIGINT");
    assert.equal((await each.outcome).code, 0);
  }
});

test("an image waits for Update, and is dropped by cancel", LIMIT, async (t) => {
  const { folder, firmware } = await aWorld(t);
  const pushed = await firmware("push", "valve", join(folder, "image"));
  assert.deepEqual([pushed.code, pushed.stdout], [0, "valve: downloaded\n"]);
  const again = await firmware("push", "valve", join(folder, "image"));
  assert.equal(again.code, 1);
  assert.match(again.stderr, /there is an image already.*\[LG587\]/);
  assert.equal((await firmware("cancel", "valve")).stdout, "valve: cancelled\n");
  const update = await firmware("update", "valve");
  assert.match(update.stderr, /the state is not Downloaded.*\[LG587\]/);
});

test("what cannot be is told in a sentence", LIMIT, async (t) => {
  const { folder, firmware } = await aWorld(t);
  const large = await firmware("push", "valve", join(folder, "large"));
  assert.notEqual(large.code, 0);
  assert.match(large.stderr, /too large: expected at most \d+ bytes/);
  assert.match((await firmware("show", "vavle")).stderr, /did you mean "valve"\?/);
  assert.match((await firmware("push", "valve", join(folder, "none"))).stderr, /none cannot be read/);
  assert.match((await firmware("push", "valve")).stderr, /which image\?/);
});
