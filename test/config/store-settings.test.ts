import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, SECOND } from "../../src/clock.ts";
import { loadFolder } from "./config-folder.ts";

const DAY = 24 * HOUR;
const withStore = (store?: string) => ({
  "config.yaml": `gateway: { endpoint: gw${store === undefined ? "" : `, store: ${store}`} }\nservers:\n  - { id: 1, uri: "coap://h" }\n`,
});

test("without store: the defaults count, and keys that are given stand over them", async (t) => {
  const defaults = {
    max: 256 * 2 ** 20,
    keep: 30 * DAY,
    share: 1,
    whenFull: "drop-oldest",
    commit: SECOND,
    hqmax: 10_000,
  };
  assert.deepEqual((await loadFolder(t, withStore())).config?.gateway.store, defaults);
  const given = "{ max: 1.5GB, keep: 60d, share: 10%, when_full: drop-newest, commit: 500ms, hqmax: 0 }";
  assert.deepEqual((await loadFolder(t, withStore(given))).config?.gateway.store, {
    ...{ max: 1.5 * 2 ** 30, keep: 60 * DAY, share: 0.1 },
    ...{ whenFull: "drop-newest", commit: 500, hqmax: 0 },
  });
});

test("sizes, parts and times that make no sense are refused, each with what was expected", async (t) => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["{ max: 256 }", /max: "256" is no size; expected a number and a unit \(KB, MB, GB\), e\.g\. 256MB/],
    ["{ max: 1KB }", /max: "1KB" is outside 1MB\.\.1024GB/],
    ["{ keep: 1m }", /keep: at least 1h/],
    ["{ share: 0% }", /share: expected a part of max in percent/],
    ["{ share: 101% }", /share: expected a part of max in percent/],
    ["{ when_full: stop }", /when_full/],
    ["{ commit: 1ms }", /commit: 10ms to 1h/],
    ["{ hqmax: -1 }", /hqmax/],
    ["{ maximum: 1GB }", /unknown key "maximum"/],
  ];
  for (const [store, message] of wrong) {
    const { problems, refused } = await loadFolder(t, withStore(store));
    assert.ok(refused, store);
    assert.match(problems.join("\n"), message);
  }
});
