/** A job on the disk: what the machine says of it, and what the machine does not know. */
import { type Clock, datedBy, type Millis, wallAt } from "../clock.ts";
import type { UpdateEvent } from "../lwm2m/firmware/firmware-update.ts";
import type { JobRecord, KeptJob } from "./job.ts";
import type { JobEnd, JobProgress } from "./job-events.ts";
import type { KeptPatch } from "./kept-firmware.ts";

/** Offsets are written so often at most: flash wears, and devices know better anyway. */
const NOTE_EVERY: Millis = 1000;
export const LONGEST_HISTORY = 20;

/** On the disk at once with what object 5 makes of the event. Resolves when it is there. */
export type WriteJob = (patch: Pick<KeptPatch, "job" | "history">, event?: UpdateEvent) => Promise<void>;

export class JobFile {
  private readonly clock: Clock;
  private readonly write: WriteJob;
  private readonly history: () => readonly JobRecord[];
  private current: KeptJob;
  private noting: (() => void) | undefined;
  private noted: Millis | undefined;
  private ended = false;

  constructor(clock: Clock, write: WriteJob, history: () => readonly JobRecord[], job: KeptJob) {
    this.clock = clock;
    this.write = write;
    this.history = history;
    this.current = job;
  }

  get job(): KeptJob {
    return this.current;
  }

  /** Both in one transaction. Resolves when it is on the disk. */
  keep(progress: JobProgress, tell?: UpdateEvent): Promise<void> {
    const { deadline, executed, ...rest } = progress;
    const { deadline: _, executed: when, ...known } = this.current;
    const since = when ?? (executed ? this.clock.wall() : undefined);
    this.current = {
      ...known,
      ...rest,
      ...(since === undefined ? {} : { executed: since }),
      ...(deadline === undefined ? {} : { deadline: wallAt(this.clock, deadline) }),
    };
    return this.save(tell);
  }

  /** What the machine does not know. */
  add(change: Pick<KeptJob, "cookie" | "token" | "until" | "executed">): Promise<void> {
    this.current = { ...this.current, ...change };
    return this.save();
  }

  /** On its way to the disk within a second. Returns whether it is now. */
  note(offset: number): boolean {
    this.current = { ...this.current, offset };
    const now = this.clock.monotonic();
    const due = this.noted === undefined ? now : this.noted + NOTE_EVERY;
    if (due <= now) {
      this.noted = now;
      void this.save();
    } else this.noting ??= this.clock.at(due, () => this.noteNow());
    return due <= now;
  }

  /** There is a line of history instead. */
  end(
    { result, reason, after }: JobEnd,
    image: Pick<JobRecord, "size" | "name" | "version">,
    tell?: UpdateEvent,
  ): Promise<void> {
    const { begun, before } = this.current;
    const { size, name, version } = image;
    const record: JobRecord = {
      begun,
      ended: this.clock.wall(),
      size,
      result,
      ...(name === undefined ? {} : { name }),
      ...(version === undefined ? {} : { version }),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(reason === undefined ? {} : { reason }),
    };
    this.stop();
    this.ended = true;
    const history = [...this.history(), record].slice(-LONGEST_HISTORY);
    return this.write({ job: undefined, history }, tell);
  }

  /** What is noted is on its way to the disk, and nothing comes after it. */
  settle(): void {
    if (this.noting !== undefined) void this.save();
    this.ended = true;
  }

  private stop(): void {
    this.noting?.();
    this.noting = undefined;
  }

  private noteNow(): void {
    this.noting = undefined;
    this.noted = this.clock.monotonic();
    void this.save();
  }

  private save(tell?: UpdateEvent): Promise<void> {
    if (this.ended) return Promise.resolve();
    this.stop();
    return this.write({ job: this.current }, tell);
  }
}

/** Where the machine goes on. A deadline is one of the wall: what is left of it is counted from now. */
export function progressOf(job: KeptJob, clock: Clock, within: Millis): JobProgress {
  const { phase, offset, before, attempts, executed, deadline } = job;
  const left = deadline === undefined ? undefined : datedBy(clock, deadline) - clock.wall();
  return {
    phase,
    offset,
    attempts,
    executed: executed !== undefined,
    ...(before === undefined ? {} : { before }),
    ...(left === undefined ? {} : { deadline: clock.monotonic() + Math.min(Math.max(left, 0), within) }),
  };
}
