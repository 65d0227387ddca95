/** Reloads one after the other: whatever asks while one runs is served by one more, which reads the files as they are then. */
import type { ReloadReport } from "../gateway/reload/reload-report.ts";
import { notNow } from "../gateway/reload/reloading.ts";

/** Hears of each reload: for the service manager. */
export interface ReloadListener {
  onReload(phase: "begin" | "end"): void;
}

interface Asked {
  readonly by: string;
  readonly report: Promise<ReloadReport>;
  readonly settle: (report: Promise<ReloadReport> | ReloadReport) => void;
}

export class Reloads {
  private readonly reload: (by: string) => Promise<ReloadReport>;
  private readonly listeners: ReloadListener[] = [];
  private running: Promise<void> | undefined;
  /** The one that is to be done next. */
  private next: Asked | undefined;
  private stopped = false;

  /** `reload` rejects with nothing but bugs. */
  constructor(reload: (by: string) => Promise<ReloadReport>) {
    this.reload = reload;
  }

  /** For good. */
  listen(listener: ReloadListener): void {
    this.listeners.push(listener);
  }

  /** `by`: who asks, for the list of kept configurations. Resolves to what became of the reload that began after this. */
  ask(by: string): Promise<ReloadReport> {
    if (this.stopped) return Promise.resolve(notNow(STOPPING));
    this.next ??= asked(by);
    const { report } = this.next;
    this.running ??= this.work();
    return report;
  }

  /** Takes no more, and waits for the one that runs. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.next?.settle(notNow(STOPPING));
    this.next = undefined;
    await this.running;
  }

  private tell(phase: "begin" | "end"): void {
    for (const listener of this.listeners) listener.onReload(phase);
  }

  private async work(): Promise<void> {
    this.tell("begin");
    try {
      while (this.next !== undefined) {
        const { by, settle } = this.next;
        this.next = undefined;
        const report = this.reload(by);
        settle(report);
        await report;
      }
    } finally {
      this.running = undefined;
      this.tell("end");
    }
  }
}

const STOPPING = "the gateway is stopping";

function asked(by: string): Asked {
  let settle: Asked["settle"] = () => {};
  const report = new Promise<ReloadReport>((resolve) => {
    settle = resolve;
  });
  return { by, report, settle };
}
