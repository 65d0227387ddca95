/** What of each server outlives the process: loaded at the start, and written soon after it changed, beside everything else. */
import { type Clock, MINUTE, type Millis, SECOND } from "../clock.ts";
import { reasonOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import {
  isExpected,
  type KeptIdentity,
  type KeptServer,
  NOTHING_KEPT,
  partsOf,
  readKept,
  type StateToKeep,
} from "../servers/kept-state.ts";
import { type KeptPart, type PartChange, type Store, StoreError } from "../store/store.ts";

/** The first change is written at once, those that follow at most so often. */
const WRITE_EVERY: Millis = SECOND;
/** How often a disk that refuses is tried. */
const RETRY: Millis = MINUTE;

export interface KeepingOptions {
  readonly store: Pick<Store, "loadServers" | "saveServer">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is kept of one server. */
export class Keeping {
  /** What the process before this one left. */
  readonly kept: KeptServer;
  private readonly options: KeepingOptions;
  private readonly server: number;
  private readonly identity: KeptIdentity;
  private readonly log: Logger;
  /** What lies on the disk. */
  private saved: ReadonlyMap<string, string>;
  private state: (() => StateToKeep) | undefined;
  private due: (() => void) | undefined;
  private writing: Promise<void> | undefined;
  private changed = false;
  private failing = false;
  private notBefore: Millis = 0;

  constructor(options: KeepingOptions, server: number, identity: KeptIdentity, saved: ReadonlyMap<string, string>) {
    this.options = options;
    this.server = server;
    this.identity = identity;
    this.log = options.log.child({ server });
    this.saved = saved;
    this.kept = saved.size === 0 ? NOTHING_KEPT : this.read();
  }

  /** Hands a part to who can read it, where there is one. What cannot be read is named, and not used. */
  restore(part: "account" | "attributes", read: (text: string) => void): void {
    const text = this.kept[part];
    try {
      if (text !== undefined) read(text);
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.log.warn({ reason: `${part}: ${reasonOf(error)}` }, UNREADABLE);
    }
  }

  /** From now on this is what there is to keep. */
  begin(state: () => StateToKeep): void {
    this.state = state;
    this.touch();
  }

  /** What there is to keep may be another now. */
  touch(): void {
    this.changed = true;
    if (this.state === undefined || this.due !== undefined || this.writing !== undefined) return;
    const wait = this.notBefore - this.options.clock.monotonic();
    if (wait <= 0) this.launch();
    else this.due = this.options.clock.at(this.notBefore, () => this.onDue());
  }

  /** An orderly stop: waits until the last change is written, or refused. */
  async flush(): Promise<void> {
    await this.writing;
    this.disarm();
    if (this.changed && this.state !== undefined) await this.write();
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

  private async write(): Promise<void> {
    const { store, clock } = this.options;
    this.changed = false;
    const parts = this.state === undefined ? this.saved : partsOf(this.identity, this.state());
    const changes = differences(this.saved, parts);
    try {
      if (changes.length > 0) await store.saveServer(this.server, changes);
      this.saved = parts;
      if (this.failing && changes.length > 0) this.log.info({}, "registration and observations can be written again");
      if (changes.length > 0) this.failing = false;
      if (changes.length > 0) this.notBefore = clock.monotonic() + WRITE_EVERY;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.onRefused(error);
    }
    this.writing = undefined;
    if (this.changed) this.touch();
  }

  private onRefused(error: StoreError): void {
    this.changed = true;
    this.notBefore = this.options.clock.monotonic() + RETRY;
    if (!this.failing) this.log.warn({ reason: reasonOf(error) }, REFUSED);
    this.failing = true;
  }

  private read(): KeptServer {
    const { problems, foreign, ...kept } = readKept(this.saved, this.identity);
    if (foreign) this.log.info({}, "what was kept belongs to another endpoint or another server: it is not used");
    for (const reason of problems) this.log.warn({ reason }, UNREADABLE);
    return kept;
  }
}

/** Of all servers. */
export class KeptServers {
  private readonly options: KeepingOptions;
  private readonly parts: readonly KeptPart[];
  private readonly keepings = new Map<number, Keeping>();

  private constructor(options: KeepingOptions, parts: readonly KeptPart[]) {
    this.options = options;
    this.parts = parts;
  }

  /** Without it the gateway starts as for the first time. */
  static async load(options: KeepingOptions): Promise<KeptServers> {
    try {
      return new KeptServers(options, await options.store.loadServers());
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      options.log.warn({ reason: reasonOf(error) }, "what was kept of the servers cannot be read: it is not used");
      return new KeptServers(options, []);
    }
  }

  /** To be asked for once a server. */
  of(server: number, identity: KeptIdentity): Keeping {
    const own = this.parts.filter((part) => part.server === server);
    const saved = new Map(own.map(({ part, content }) => [part, content]));
    const keeping = new Keeping(this.options, server, identity, saved);
    this.keepings.set(server, keeping);
    return keeping;
  }

  /** What there is to keep of the server may be another now. */
  touch(server: number): void {
    this.keepings.get(server)?.touch();
  }

  async flush(): Promise<void> {
    await Promise.all([...this.keepings.values()].map((keeping) => keeping.flush()));
  }
}

const UNREADABLE = "a part of what was kept cannot be read: it is not used";
const REFUSED =
  "registration and observations cannot be written: after a crash the gateway would register anew, and be observed anew";

function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly PartChange[] {
  const gone = [...before.keys()].filter((part) => !after.has(part));
  const others = [...after].filter(([part, content]) => before.get(part) !== content);
  return [...gone.map((part) => ({ part })), ...others.map(([part, content]) => ({ part, content }))];
}
