import assert from "node:assert/strict";
import { test } from "node:test";
import { ble } from "../../../adapters/ble/index.ts";
import { adviseLinks } from "../../../adapters/ble/link-advice.ts";
import { optionsSchema } from "../../../adapters/ble/options.ts";
import { plannedRequests } from "../../../adapters/ble/request-plan.ts";

const link = (id: string, keys: object) => ({ id, options: optionsSchema.parse(keys) });

test("two links on one adapter are told of, and a wish that BlueZ does not fulfil", async () => {
  const advice = await adviseLinks([
    link("a", {}),
    link("b", { backend: "hci-user", adapter: "hci1" }),
    link("c", { adapter: "hci0", scan: "passive" }),
    link("d", { backend: "hci-uart", port: "/dev/ttyACM0" }),
  ]);
  assert.deepEqual(
    advice.map(({ link: id, message }) => `${id}: ${message.slice(0, 40)}`),
    ['c: hci0 is the adapter of the link "a" alre', "c: BlueZ scans actively, whatever `scan` sa"],
  );
});

test("what goes with another backend is told at its key, and what no connection can be", () => {
  const mistakes: readonly (readonly [object, string, RegExp])[] = [
    [{ port: "/dev/ttyACM0" }, "port", /port is for backend: hci-uart/],
    [{ interval: { min: "30ms", max: "50ms" } }, "interval", /BlueZ chooses it/],
    [{ backend: "hci-uart" }, "backend", /hci-uart needs `port`/],
    [{ backend: "hci-uart", port: "/dev/ttyACM0", adapter: "hci0" }, "adapter", /`port` says which/],
    [{ backend: "hci-user", latency: 100 }, "supervision", /longer than 2 x \(1 \+ latency\) x interval.max, 10100ms/],
    [{ adapter: "hci" }, "adapter", /expected an adapter of this machine/],
    [{ backend: "hci-user", interval: { min: "50ms", max: "30ms" } }, "interval", /expected min to max/],
    [{ connections: 0 }, "connections", /./],
    [{ connect_timeout: "1ms" }, "connect_timeout", /expected 1s to 60s/],
    [{ scan: "on" }, "scan", /./],
  ];
  for (const [keys, key, message] of mistakes) {
    const { error } = optionsSchema.safeParse(keys);
    assert.ok(
      error?.issues.some((issue) => issue.path[0] === key && message.test(issue.message)),
      JSON.stringify(keys),
    );
  }
});

test("a poll costs a connect and a read of each characteristic, of a device that stays connected no time", () => {
  const planned = (connect: string): readonly string[] => {
    const device = ble.device.parse({ match: { name: "a" }, connect });
    const keys = { a: { char: "2A6E" }, b: { char: "2A6E", at: 1 }, c: { char: "2A19", service: "180F" } };
    const points = new Map(Object.entries(keys).map(([id, point]) => [id, ble.point.parse({ ...point, device })]));
    return plannedRequests(device, points).map(({ text, time }) => `${text} ${time}`);
  };
  assert.deepEqual(planned("poll"), ["connect 2000", "read 2a6e 100", "read 180f/2a19 100"]);
  assert.deepEqual(planned("keep"), ["read 2a6e undefined", "read 180f/2a19 undefined"]);
});
