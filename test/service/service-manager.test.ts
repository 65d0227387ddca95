import assert from "node:assert/strict";
import test from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { ServiceManager } from "../../src/service/service-manager.ts";
import { FakeClock } from "../support/fake-clock.ts";

function aManager() {
  const clock = new FakeClock();
  const told: string[] = [];
  const micros = (): bigint => BigInt(clock.monotonic()) * 1000n;
  const manager = new ServiceManager({ notify: (lines) => told.push(lines.join(" ")), clock, micros });
  return { clock, told, manager, since: () => told.splice(0) };
}

const EXTENDED = "EXTEND_TIMEOUT_USEC=20000000";

test("a start that takes long asks for more time until it is over", async () => {
  const { clock, manager, since } = aManager();
  manager.starting();
  await clock.advance(11 * SECOND);
  assert.deepEqual(since(), [EXTENDED, EXTENDED]);
  manager.ready();
  await clock.advance(MINUTE);
  assert.deepEqual(since(), ["READY=1"]);
});

test("what never ends gets no more time after ten minutes", async () => {
  const { clock, manager, since } = aManager();
  manager.starting();
  await clock.advance(60 * MINUTE);
  assert.equal(since().length, 119);
});

test("a reload is told with its time, and its end", async () => {
  const { clock, manager, since } = aManager();
  manager.ready();
  await clock.advance(3 * SECOND);
  manager.reloading();
  manager.ready();
  assert.deepEqual(since(), ["READY=1", "RELOADING=1 MONOTONIC_USEC=3000000", "READY=1"]);
});

test("the line of the status is told when it is another one", async () => {
  const { clock, manager, since } = aManager();
  let line = "one";
  manager.ready();
  manager.show(() => line);
  await clock.advance(MINUTE);
  line = "two";
  await clock.advance(MINUTE);
  assert.deepEqual(since(), ["READY=1", "STATUS=one", "STATUS=two"]);
});

test("who stops says so, asks for time, and is never ready again", async () => {
  const { clock, manager, since } = aManager();
  manager.ready();
  manager.show(() => String(clock.monotonic()));
  since();
  manager.stopping();
  manager.reloading();
  manager.ready();
  await clock.advance(6 * SECOND);
  manager.close();
  await clock.advance(MINUTE);
  assert.deepEqual(since(), ["STOPPING=1 STATUS=stopping: de-registers", EXTENDED]);
});

test("without a service manager no clock runs", () => {
  const clock = new FakeClock();
  const manager = new ServiceManager({ notify: undefined, clock, micros: () => 0n });
  manager.starting();
  manager.ready();
  manager.show(() => "");
  manager.reloading();
  manager.stopping();
  assert.equal(clock.next, undefined);
});
