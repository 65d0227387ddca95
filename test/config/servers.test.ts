import assert from "node:assert/strict";
import { test } from "node:test";
import { loadFolder } from "./config-folder.ts";

const withServer = (keys: string) => ({
  "config.yaml": `gateway: { endpoint: gw }\nservers:\n  - { id: 1, uri: "coap://h", ${keys} }\n`,
});

test("queue mode, its window, Mute Send and profiles are read", async (t) => {
  const one = await loadFolder(
    t,
    withServer("queue_mode: true, awake: 2s, mute_send: true, profile_id: oma:gateway-7"),
  );
  assert.deepEqual(one.problems, []);
  const { queueMode, awake, muteSend, profileIds } = one.config?.servers[0] ?? assert.fail();
  assert.deepEqual([queueMode, awake, muteSend, profileIds], [true, 2000, true, ["oma:gateway-7"]]);
  const several = await loadFolder(t, withServer('profile_id: [oma:a, "v:Acme_2.0/x", "6:27354b9a"]'));
  assert.deepEqual(several.problems, []);
  assert.deepEqual(several.config?.servers[0]?.profileIds, ["oma:a", "v:Acme_2.0/x", "6:27354b9a"]);
});

test("a profile that is none is refused with the forms that there are", async (t) => {
  const wrong = [
    "gateway",
    '"oma:"',
    '"oma:a,v:b"',
    "'oma:\"a\"'",
    '"oma:a b"',
    "x:name",
    '"6:27354B9A"',
    '"6:2735"',
    '"6:2735a"',
  ];
  for (const id of [...wrong, `oma:${"x".repeat(65)}`]) {
    const { refused, problems } = await loadFolder(t, withServer(`profile_id: ${id}`));
    assert.ok(refused, id);
    assert.match(
      problems.join("\n"),
      /^config\.yaml:3:\d+: error: profile_id: .*expected oma:NAME, v:NAME or SUITE:HASH/,
      id,
    );
  }
  const { problems } = await loadFolder(t, withServer("profile_id: []"));
  assert.equal(problems.length, 1, problems.join("\n"));
});

test("a window that no acknowledgement fits in is refused", async (t) => {
  const { problems } = await loadFolder(t, withServer("queue_mode: true, awake: 1s"));
  assert.deepEqual(problems, ["config.yaml:3:56: error: awake: at least 2s, the wait for an acknowledgement"]);
});

test("a place in the order, a delay and a block are read, and refused where they make no sense", async (t) => {
  const { config, problems } = await loadFolder(t, withServer("priority: 2, initial_delay: 30s, failure_block: true"));
  assert.deepEqual(problems, []);
  const { priority, initialDelay, failureBlock } = config?.servers[0] ?? assert.fail();
  assert.deepEqual([priority, initialDelay, failureBlock], [2, 30_000, true]);
  const wrong: [string, RegExp][] = [
    ["priority: -1", /^config\.yaml:3:41: error: priority: /],
    ["priority: first", /^config\.yaml:3:41: error: priority: /],
    ["initial_delay: 1500ms", /^config\.yaml:3:46: error: initial_delay: expected whole seconds/],
    ["priority: 1, failure_block: 1", /^config\.yaml:3:59: error: failure_block: /],
    ["failure_block: true", /^config\.yaml:3:46: error: .*expected priority beside failure_block/],
  ];
  for (const [keys, expected] of wrong) {
    const { problems } = await loadFolder(t, withServer(keys));
    assert.equal(problems.length, 1, `${keys}: ${problems.join("\n")}`);
    assert.match(problems[0] ?? "", expected);
  }
});

test("the definition of object 25 and the Register that tells of devices are read, and each mistake is told", async (t) => {
  for (const version of ["1.0", '"1.0"']) {
    const { config, problems } = await loadFolder(
      t,
      withServer(`gateway_object: ${version}, reregister_on_change: true`),
    );
    assert.deepEqual(problems, []);
    const { gatewayObject, reregisterOnChange } = config?.servers[0] ?? assert.fail();
    assert.deepEqual([gatewayObject, reregisterOnChange], ["1.0", true]);
  }
  const one = await loadFolder(t, withServer("gateway_object: 1.1"));
  assert.match(
    one.problems.join("\n"),
    /^config\.yaml:3:47: error: gateway_object: expected one of 2.0, 1.0, found "1.1"/,
  );
  const other = await loadFolder(t, withServer("reregister_on_change: sometimes"));
  assert.match(other.problems.join("\n"), /^config\.yaml:3:53: error: reregister_on_change: expected true or false/);
});
