/** Writes what of one server is to outlive the process: of all its registrations together, at most once a second. */
import { type Clock, MINUTE, type Millis, SECOND } from "../../clock.ts";
import { reasonOf } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { type PartChange, type Store, StoreError } from "../../store/store.ts";

/** The first change is written at once, those that follow at most so often. */
const WRITE_EVERY: Millis = SECOND;
/** How often a disk that refuses is tried. */
const RETRY: Millis = MINUTE;

export interface WriterOptions {
  readonly store: Pick<Store, "loadServers" | "saveServer">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What has parts to write. */
export interface PartSource {
  /** What is another than what lies on the disk, and what to do once it lies there. */
  take(): { readonly changes: readonly PartChange[]; readonly written: () => void };
}

export class PartWriter {
  private readonly options: WriterOptions;
  private readonly server: number;
  private changed = new Set<PartSource>();
  private due: (() => void) | undefined;
  private writing: Promise<void> | undefined;
  private failing = false;
  private notBefore: Millis = 0;

  constructor(options: WriterOptions, server: number) {
    this.options = options;
    this.server = server;
  }

  /** It may have others to write now. */
  touch(source: PartSource): void {
    this.changed.add(source);
    if (this.due !== undefined || this.writing !== undefined) return;
    const wait = this.notBefore - this.options.clock.monotonic();
    if (wait <= 0) this.launch();
    else this.due = this.options.clock.at(this.notBefore, () => this.onDue());
  }

  /** An orderly stop: waits until the last change is written, or refused. */
  async flush(): Promise<void> {
    await this.writing;
    this.disarm();
    if (this.changed.size > 0) await this.write();
    this.disarm();
  }

  private disarm(): void {
    this.due?.();
    this.due = undefined;
  }

  private onDue(): void {
    this.due = undefined;
    this.launch();
  }

  /** In a turn of its own: much changes at once. */
  private launch(): void {
    this.writing = Promise.resolve().then(() => this.write());
  }

  /** One transaction, whoever has something to write. */
  private async write(): Promise<void> {
    const { store, clock, log } = this.options;
    const sources = this.changed;
    this.changed = new Set();
    const taken = [...sources].map((source) => source.take());
    const changes = taken.flatMap((part) => part.changes);
    try {
      if (changes.length > 0) await store.saveServer(this.server, changes);
      for (const { written } of taken) written();
      if (this.failing && changes.length > 0) log.info({}, "registration and observations can be written again");
      if (changes.length > 0) this.failing = false;
      if (changes.length > 0) this.notBefore = clock.monotonic() + WRITE_EVERY;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.onRefused(error, sources);
    }
    this.writing = undefined;
    const [next] = this.changed;
    if (next !== undefined) this.touch(next);
  }

  private onRefused(error: StoreError, sources: ReadonlySet<PartSource>): void {
    // What was to be written first still is: a device that went may be there again.
    this.changed = new Set([...sources, ...this.changed]);
    this.notBefore = this.options.clock.monotonic() + RETRY;
    if (!this.failing) this.options.log.warn({ code: "LG663", reason: reasonOf(error) }, REFUSED);
    this.failing = true;
  }
}

const REFUSED =
  "registration and observations cannot be written: after a crash the gateway would register anew, and be observed anew";
