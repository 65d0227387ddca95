import assert from "node:assert/strict";
import { monitorEventLoopDelay } from "node:perf_hooks";
import test, { type TestContext } from "node:test";
import { SECOND, systemClock } from "../../src/clock.ts";
import { chanceOf } from "../support/chance.ts";
import { audit, type Findings, type Stretch, type Trial } from "./audit.ts";
import { aWorld, OBSERVED, REPORTED, receiptsOf, startGateway, type World } from "./world.ts";

/** The nightly run kills more often. */
const { GATEWAY_KILLS = "8" } = process.env;
const KILLS = Number(GATEWAY_KILLS);
/** The commit window, and what a busy machine needs beside it. */
const WINDOW = SECOND + 500;

test(`a gateway killed ${KILLS} times, with a link that is cut now and then, loses nothing older than the commit window`, async (t) => {
  const trials = new Trials(t, await aWorld(t));
  for (let kill = 0; kill < KILLS; kill++) await trials.runAndKill();
  for (const findings of await trials.finish()) {
    t.diagnostic(JSON.stringify(findings));
    assert.ok(findings.owed > 0);
  }
});

class Trials {
  private readonly t: TestContext;
  private readonly world: World;
  private readonly kills: number[] = [];
  private readonly cuts: number[] = [];
  private readonly restorations: number[] = [];
  private readonly random = chanceOf(KILLS);
  /** A machine that is so busy keeps the gateway waiting, too. */
  private readonly delay = monitorEventLoopDelay();

  constructor(t: TestContext, world: World) {
    this.t = t;
    this.world = world;
    this.delay.enable();
  }

  /** The link is cut or restored at moments of this run, or not; then SIGKILL. */
  async runAndKill(): Promise<void> {
    const { gateway, ready } = startGateway(this.t, this.world);
    // Some are killed while they start.
    if (this.random() < 0.85) await ready;
    for (let changes = Math.floor(this.random() * 3); changes > 0; changes--) {
      await this.pause();
      this.connect(this.world.link.cut);
    }
    await this.pause();
    gateway.child.kill("SIGKILL");
    this.kills.push(systemClock.monotonic());
    await gateway.outcome;
  }

  /** The last run has a link, and the time that it takes; what was given before counts. */
  async finish(): Promise<readonly Findings[]> {
    if (this.world.link.cut) this.connect(true);
    await startGateway(this.t, this.world).ready;
    await this.pause();
    const end = systemClock.monotonic();
    const deadline = end + LONGEST_DRAIN;
    while (systemClock.monotonic() < deadline && this.trials(end).some(isMissing)) await this.pause();
    return this.trials(end).map(audit);
  }

  private trials(end: number): readonly Trial[] {
    const { given } = this.world;
    return [OBSERVED, REPORTED].map((path, i) => ({
      given: given[i] ?? [],
      received: receiptsOf(this.world, path),
      kills: this.kills,
      cuts: this.cuts,
      restorations: this.restorations,
      // A report entry owes from the first reading on.
      owed: path === REPORTED ? [{ from: 0, to: end }] : this.observedTimes(end),
      window: WINDOW + this.delay.max / MILLION,
    }));
  }

  /**
   * From each answer to an Observe to the end of that observation: another Register, or the run before it. In another run it
   * begins with what is read first for it: what is read before that is told together with it.
   */
  private observedTimes(end: number): readonly Stretch[] {
    const got = new Set(receiptsOf(this.world, OBSERVED).map(({ value }) => value));
    const [own = []] = this.world.given;
    const stretches = this.observations(end).flatMap(({ from, to }) => {
      const starts = [from, ...this.kills.filter((kill) => kill > from && kill < to)];
      return starts.map((start, i) => ({ from: start, to: starts[i + 1] ?? to }));
    });
    return stretches.flatMap(({ from, to }) => {
      const first = own.find(({ value, at }) => at >= from && at <= to && got.has(value));
      return first === undefined ? [] : [{ from: first.at, to }];
    });
  }

  private observations(end: number): readonly Stretch[] {
    const { moments } = this.world.server;
    return moments.flatMap(({ what, at: from }, i) => {
      if (what === "registered") return [];
      const next = moments.slice(i).find((moment) => moment.what === "registered");
      const killed = this.kills.find((kill) => kill >= from) ?? end;
      if (next === undefined) return [{ from, to: end }];
      // It may have been killed before the observation was on disk.
      if (killed - from < WINDOW) return [];
      return [{ from, to: this.kills.findLast((kill) => kill <= next.at) ?? next.at }];
    });
  }

  private connect(connected: boolean): void {
    this.world.link.cut = !connected;
    (connected ? this.restorations : this.cuts).push(systemClock.monotonic());
  }

  private pause(): Promise<void> {
    // Mostly short, so that many are killed while they are busy.
    return new Promise((resolve) => setTimeout(resolve, this.random() ** 2 * LONGEST_PAUSE));
  }
}

function isMissing({ given, received, owed, kills }: Trial): boolean {
  const got = new Set(received.map(({ value }) => value));
  const since = kills.at(-1) ?? 0;
  return given.some(
    ({ value, at }) => at > since && owed.some(({ from, to }) => at >= from && at <= to) && !got.has(value),
  );
}

/** Nanoseconds of a millisecond. */
const MILLION = 1e6;
const LONGEST_PAUSE = 2 * SECOND;
const LONGEST_DRAIN = 30 * SECOND;
