import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { FirmwareJob } from "../../src/firmware/firmware-job.ts";
import type { JobEffect, JobEvent, JobOptions, JobProgress } from "../../src/firmware/job-events.ts";
import type { Look } from "../../src/firmware/version-verdict.ts";
import { TIMEOUT, type Timeout } from "../../src/machine.ts";

export const SIZE = 1000;
export const FRESH: JobProgress = { phase: "waiting", offset: 0, attempts: 0, executed: true };
export const OLD: Look = { answered: true, version: "1.0" };
export const NEW: Look = { answered: true, version: "2.0", healthy: true };
export const SILENT: Look = { answered: false, reason: "no answer" };
export const lost = (message = "lost"): JobEvent => ({ type: "failed", failure: { kind: "unreachable", message } });
export const says = (condition: "crc" | "busy" | "flash-full" | "bad-image" | "failed"): JobEvent => ({
  type: "failed",
  failure: { kind: "rejected", condition, message: condition },
});

function options(change: Partial<JobOptions["plan"]> = {}): JobOptions {
  const plan: JobOptions["plan"] = {
    expect: "image",
    version: { kind: "point", point: "3/0/3" },
    enter: [],
    confirm: [{ type: "transfer", word: "confirm" }],
    verify: { within: 3 * MINUTE, poll: 5 * SECOND, settle: 10 * SECOND },
    retries: 3,
    lock: "device",
    results: new Map(),
    ...change,
  };
  return { plan, size: SIZE, wanted: "2.0" };
}

/** A machine and its clock; what it wants done is a word each. */
export class JobPlayer {
  readonly job: FirmwareJob;
  now = 0;

  constructor(progress: JobProgress = FRESH, plan: Partial<JobOptions["plan"]> = {}) {
    this.job = new FirmwareJob(options(plan), progress);
  }

  feed(...events: (JobEvent | Timeout)[]): string[] {
    return events.flatMap((event) => this.job.handle(event, this.now)).map(wordOf);
  }

  /** Time goes to its deadline. */
  wait(): string[] {
    const { deadline } = this.job;
    assert.ok(deadline !== undefined, "nothing is waited for");
    this.now = Math.max(this.now, deadline);
    return this.feed(TIMEOUT);
  }

  /** To where it sends. */
  begin(): this {
    this.feed({ type: "presence", online: true }, { type: "start" }, { type: "granted" });
    this.feed({ type: "looked", look: OLD });
    return this;
  }

  verify(): this {
    this.begin().feed({ type: "done" }, { type: "done" });
    assert.equal(this.job.progress.phase, "verify");
    return this;
  }

  /** Time passes while it looks at a device that shows this; until it wants something else. */
  looks(look: Look, end = 10 * MINUTE): string[] {
    for (;;) {
      const words = this.wait();
      if (words[0] !== "look health") return words;
      const more = this.feed({ type: "looked", look });
      if (more.length > 0 || this.now > end) return more;
    }
  }
}

function wordOf(effect: JobEffect): string {
  switch (effect.type) {
    case "keep":
      return `keep ${effect.progress.phase}${toldOf(effect.tell)}`;
    case "end":
      return `end ${effect.end.result}${toldOf(effect.tell)}`;
    case "hold":
      return `hold ${effect.whom}`;
    case "look":
      return effect.health ? "look health" : "look";
    case "run":
      return effect.steps;
    case "send":
      return `send ${effect.offset}`;
    case "note":
      return `note ${effect.offset}`;
    case "warn":
      return effect.code;
    case "claim":
    case "release":
    case "abort":
    case "close":
      return effect.type;
  }
}

function toldOf(
  event: { readonly type: string; readonly result?: number; readonly kept?: boolean } | undefined,
): string {
  if (event === undefined) return "";
  const { type, result, kept } = event;
  return ` > ${type}${result === undefined ? "" : ` ${result}`}${kept === true ? " kept" : ""}`;
}
