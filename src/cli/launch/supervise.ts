/** A version on trial, as a child: how long it runs is counted, and how it ends. What is counted outlives this process. */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { type Millis, SECOND, systemClock } from "../../clock.ts";
import { endWell } from "../../firmware/self/choose.ts";
import type { Trial, VersionRecord } from "../../firmware/self/record.ts";
import type { Versions } from "../../firmware/self/versions.ts";
import { EXIT } from "../command.ts";

export interface Program {
  readonly node: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

const LOOKED_AT: Millis = SECOND;
/** What a power cut may take of the time that it has run. */
const WRITTEN: Millis = 10 * SECOND;
/** De-registering takes its time. */
const ENDS_WITHIN: Millis = 30 * SECOND;

/** Passed on: systemd gives them to the first process alone. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"] as const;

/** Resolves to the exit code: that of an end that was asked for is the child's; one that nobody asked for means "again". */
export function supervise(program: Program, trial: Trial, versions: Versions): Promise<number> {
  return new Supervision(program, trial, versions).ended;
}

class Supervision {
  readonly ended: Promise<number>;
  private readonly child: ChildProcess;
  private readonly versions: Versions;
  private readonly begun = systemClock.monotonic();
  private trial: Trial;
  /** What it had run before this start. */
  private readonly spentBefore: Millis;
  private asked = false;
  private kept = false;
  private nextLook = (): void => {};

  constructor({ node, args, environment }: Program, trial: Trial, versions: Versions) {
    this.versions = versions;
    this.trial = trial;
    this.spentBefore = trial.spent;
    this.child = spawn(node, args, { stdio: "inherit", env: environment });
    for (const signal of SIGNALS) process.on(signal, () => this.pass(signal));
    this.ended = new Promise((resolve) => {
      this.child.on("error", () => resolve(this.end(undefined, undefined)));
      this.child.on("exit", (code, signal) => resolve(this.end(code ?? undefined, signal ?? undefined)));
    });
    this.lookLater();
  }

  private pass(signal: (typeof SIGNALS)[number]): void {
    if (signal === "SIGINT" || signal === "SIGTERM") this.asked = true;
    this.child.kill(signal);
  }

  private lookLater(): void {
    this.nextLook = systemClock.at(systemClock.monotonic() + LOOKED_AT, () => this.look());
  }

  private look(): void {
    if (this.keepIfRegistered()) return;
    if (this.spent >= this.trial.limit) {
      this.write({ spent: this.spent });
      this.child.kill("SIGTERM");
      this.nextLook = systemClock.at(systemClock.monotonic() + ENDS_WITHIN, () => this.child.kill("SIGKILL"));
      return;
    }
    if (this.spent - this.trial.spent >= WRITTEN) this.write({ spent: this.spent });
    this.lookLater();
  }

  private keepIfRegistered(): boolean {
    if (this.kept || this.versions.registered() !== this.trial.version) return this.kept;
    const record = this.ours();
    if (record !== undefined && record.trial.back === undefined) endWell(this.versions, record);
    this.kept = true;
    return true;
  }

  private end(code: number | undefined, signal: NodeJS.Signals | undefined): number {
    this.nextLook();
    const told = code ?? (signal === undefined ? EXIT.failure : 128 + constants.signals[signal]);
    if (this.keepIfRegistered()) return told;
    const { starts } = this.trial;
    this.write({ spent: this.spent, starts: this.asked ? starts - 1 : starts });
    return this.asked ? told : EXIT.again;
  }

  private get spent(): Millis {
    return this.spentBefore + (systemClock.monotonic() - this.begun);
  }

  private write(change: Pick<Partial<Trial>, "spent" | "starts">): void {
    this.trial = { ...this.trial, ...change };
    const record = this.ours();
    if (record !== undefined) this.versions.keep({ ...record, trial: { ...record.trial, ...change } });
  }

  /** Somebody at the machine may have chosen another version meanwhile. */
  private ours(): (VersionRecord & { readonly trial: Trial }) | undefined {
    const record = this.versions.record();
    const { trial } = record ?? {};
    return record === undefined || trial?.version !== this.trial.version ? undefined : { ...record, trial };
  }
}
