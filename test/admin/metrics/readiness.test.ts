import assert from "node:assert/strict";
import test from "node:test";
import { GRACE, ReadinessWatch } from "../../../src/admin/metrics/readiness.ts";
import type { Snapshot } from "../../../src/admin/metrics/snapshot.ts";
import { aSnapshot } from "../../support/a-snapshot.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function servers(...states: readonly Snapshot["servers"][number]["state"][]): Snapshot {
  const snapshot = aSnapshot();
  const [server] = snapshot.servers;
  assert.ok(server !== undefined);
  const all = states.map((state, i) => ({ ...server, shortServerId: 101 + i, state, reason: "no answer" }));
  return { ...snapshot, servers: all };
}

test("a gateway is ready while one server has it, and for five minutes without", async () => {
  const clock = new FakeClock();
  const watch = new ReadinessWatch(clock);
  assert.deepEqual(watch.judge(servers("registering")).ready, true, "it has only just started");
  assert.deepEqual(watch.judge(servers("registered", "updating")), { ready: true, reasons: [] });
  await clock.advance(GRACE);
  const away = watch.judge(servers("retrying", "retrying"));
  assert.equal(away.ready, true);
  assert.deepEqual(away.reasons, [
    "server 101, coap://server: retrying: no answer",
    "server 102, coap://server: retrying: no answer",
  ]);
  await clock.advance(1000);
  const long = watch.judge(servers("retrying", "registering"));
  assert.equal(long.ready, false);
  assert.match(long.reasons[0] ?? "", /^no server has had this gateway registered since \d{4}-.*Z$/);
  assert.equal(watch.judge(servers("registered", "retrying")).ready, true);
  assert.equal(watch.judge(servers("retrying", "retrying")).ready, true, "five minutes anew");
});

test("a server that has disabled the gateway, or one that waits its turn, is no fault of it", async () => {
  const clock = new FakeClock();
  const watch = new ReadinessWatch(clock);
  await clock.advance(2 * GRACE);
  assert.deepEqual(watch.judge(servers("disabled")), { ready: true, reasons: [] });
});

test("a store that does not answer is a reason to look", () => {
  const watch = new ReadinessWatch(new FakeClock());
  const { store: _, ...rest } = servers("registered");
  const { ready, reasons } = watch.judge(rest);
  assert.equal(ready, false);
  assert.match(reasons[0] ?? "", /^the store does not answer/);
});
