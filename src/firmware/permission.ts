/** Tells a job whether it may begin, by may-begin.ts: when it is asked, and from then on whenever that may be another. */
import type { Clock, Millis } from "../clock.ts";
import type { KeptFirmware, KeptJob } from "./job.ts";
import type { JobEvent } from "./job-events.ts";
import { mayBegin } from "./may-begin.ts";
import type { UpdateWindow } from "./windows.ts";

export interface PermissionOptions {
  /** As it is now: the window may be another after a reload. */
  readonly context: () => { readonly clock: Clock; readonly window: UpdateWindow | undefined };
  readonly kept: () => KeptFirmware;
  readonly job: () => KeptJob;
  readonly feed: (event: JobEvent) => void;
}

/** How often it is asked whether it may begin: somebody may set the clock meanwhile. */
const ASK_AGAIN: Millis = 60_000;

export class Permission {
  private readonly options: PermissionOptions;
  private cancel: (() => void) | undefined;

  constructor(options: PermissionOptions) {
    this.options = options;
  }

  ask(): void {
    const { context, kept, job, feed } = this.options;
    const { clock, window } = context();
    this.close();
    const { begun, executed: since = begun, until } = job();
    const answer = mayBegin({ window, update: kept().update, since, until }, clock);
    const next = answer.now ? window?.at(clock.wall()).until : answer.again;
    if (window !== undefined || !answer.now) {
      const wait = next === undefined ? ASK_AGAIN : Math.min(Math.max(next - clock.wall(), 1), ASK_AGAIN);
      this.cancel = clock.at(clock.monotonic() + wait, () => this.ask());
    }
    feed({ type: "policy", mayBegin: answer.now, ...(answer.now ? {} : { reason: answer.reason }) });
  }

  /** It is not asked again by itself. */
  close(): void {
    this.cancel?.();
    this.cancel = undefined;
  }
}
