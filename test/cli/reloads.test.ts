import assert from "node:assert/strict";
import test from "node:test";
import { Reloads } from "../../src/cli/reloads.ts";
import type { ReloadReport } from "../../src/gateway/reload/reload-report.ts";
import { notNow } from "../../src/gateway/reload/reloading.ts";
import { settle } from "../support/fake-clock.ts";

/** Reloads that end when the test says so, and what the listener heard. */
function held() {
  const ends: (() => void)[] = [];
  const asked: string[] = [];
  const phases: string[] = [];
  const reload = (by: string) => {
    asked.push(by);
    return new Promise<ReloadReport>((resolve) => ends.push(() => resolve({ ...notNow(by), taken: true })));
  };
  const reloads = new Reloads(reload);
  reloads.listen({ onReload: (phase) => phases.push(phase) });
  return { reloads, ends, asked, phases };
}

test("whatever asks while a reload runs is served by one more, and hears what became of that", async () => {
  const { reloads, ends, asked } = held();
  const [first, second, third] = ["SIGHUP", "watch", "reload"].map((by) => reloads.ask(by));
  assert.equal(ends.length, 1);
  ends[0]?.();
  assert.equal((await first)?.reason, "SIGHUP");
  await settle();
  assert.deepEqual(asked, ["SIGHUP", "watch"]);
  ends[1]?.();
  assert.deepEqual([(await second)?.reason, (await third)?.reason], ["watch", "watch"]);
  assert.equal(ends.length, 2);
  void reloads.ask("reload");
  assert.equal(ends.length, 3);
});

test("the service manager hears when reloads begin, and when nothing more is to be reloaded", async () => {
  const { reloads, ends, phases } = held();
  void reloads.ask("SIGHUP");
  void reloads.ask("SIGHUP");
  assert.deepEqual(phases, ["begin"]);
  ends[0]?.();
  await settle();
  assert.deepEqual(phases, ["begin"]);
  ends[1]?.();
  await settle();
  assert.deepEqual(phases, ["begin", "end"]);
});

test("stopping waits for the reload that runs, and takes no more", async () => {
  const { reloads, ends } = held();
  void reloads.ask("SIGHUP");
  const dropped = reloads.ask("SIGHUP");
  let stopped = false;
  const stop = reloads.stop().then(() => {
    stopped = true;
  });
  await settle();
  assert.equal(stopped, false);
  ends[0]?.();
  await stop;
  assert.deepEqual([(await dropped).taken, (await dropped).reason], [false, "the gateway is stopping"]);
  assert.equal((await reloads.ask("SIGHUP")).taken, false);
  assert.equal(ends.length, 1);
});
