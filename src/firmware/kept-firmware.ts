/** What outlives the process of each firmware: one row an owner, of which several parts are written by who knows them. */
import { z } from "zod";
import { type Clock, MINUTE, type Millis } from "../clock.ts";
import { reasonOf, tellingOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Store } from "../store/store.ts";
import { JOB_PHASES, type KeptFirmware } from "./job.ts";

/** What becomes of the parts that it names; undefined: gone. */
export interface KeptPatch {
  readonly update?: KeptFirmware["update"];
  readonly job?: KeptFirmware["job"] | undefined;
  readonly mark?: string | undefined;
  readonly history?: KeptFirmware["history"];
}

export interface KeptOptions {
  readonly store: Pick<Store, "loadFirmware" | "saveFirmware">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often a disk that refuses is tried. */
const RETRY: Millis = MINUTE;

export const FRESH: KeptFirmware = {
  update: { state: 0, result: 0, uri: "", severity: 1, automatic: false },
  history: [],
};

/** The rows of all owners. */
export class KeptFirmwares {
  private readonly options: KeptOptions;
  private readonly owners = new Map<string, KeptOwner>();

  constructor(options: KeptOptions) {
    this.options = options;
  }

  /** To be called once, before anything else. Rejects with StoreError. */
  async load(): Promise<void> {
    for (const { owner, content } of await this.options.store.loadFirmware()) {
      this.owners.set(owner, new KeptOwner(this.options, owner, this.parsed(owner, content)));
    }
  }

  /** Of a device by its id, or "" for the gateway; made where there is none. */
  of(owner: string): KeptOwner {
    const known = this.owners.get(owner) ?? new KeptOwner(this.options, owner, FRESH);
    this.owners.set(owner, known);
    known.wait();
    return known;
  }

  /** The device has another id now, or is forgotten: what is on the disk went with its place. */
  moved(from: string, to: string | undefined): void {
    const known = this.owners.get(from);
    this.owners.delete(from);
    if (known !== undefined && to !== undefined) {
      this.owners.set(to, new KeptOwner(this.options, to, known.value));
    }
    known?.drop();
  }

  /** An orderly stop: resolves when all that can be written is. */
  async flush(): Promise<void> {
    for (const owner of this.owners.values()) owner.hurry();
    await Promise.all([...this.owners.values()].map((owner) => owner.written()));
  }

  private parsed(owner: string, content: string): KeptFirmware {
    try {
      return keptSchema.parse(JSON.parse(content));
    } catch (error) {
      const reason = reasonOf(error);
      this.options.log.warn(
        { code: "LG575", device: owner, reason },
        "where the update stood cannot be read: it is idle",
      );
      return FRESH;
    }
  }
}

/** One row. What is changed in one turn is written in one transaction. */
export class KeptOwner {
  readonly owner: string;
  private readonly options: KeptOptions;
  private current: KeptFirmware;
  /** Who waits for the next write. */
  private waiting: (() => void)[] = [];
  private writing: Promise<void> | undefined;
  private refused = false;
  /** Who changes it goes, and waits for no disk. */
  private hurried = false;
  private dropped = false;
  private retry: (() => void) | undefined;

  constructor(options: KeptOptions, owner: string, value: KeptFirmware) {
    this.options = options;
    this.owner = owner;
    this.current = value;
  }

  get value(): KeptFirmware {
    return this.current;
  }

  /** Resolves when it is on the disk: one that refuses is tried again until it does, or once in a hurry. Never rejects. */
  change(patch: KeptPatch): Promise<void> {
    const { update, job, mark, history } = { ...this.current, ...patch };
    this.current = {
      update,
      history,
      ...(job === undefined ? {} : { job }),
      ...(mark === undefined ? {} : { mark }),
    };
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.launch();
    });
  }

  /** Whoever changes it is about to go: what the disk has refused is tried once more, and so is what comes now. */
  hurry(): void {
    this.hurried = true;
    this.endRetry();
    if (this.waiting.length > 0) this.launch();
  }

  /** Somebody has it anew. */
  wait(): void {
    this.hurried = false;
  }

  /** Resolves when nothing is being written. */
  async written(): Promise<void> {
    while (this.writing !== undefined) await this.writing;
  }

  /** It is somebody else's: nothing is written any more. */
  drop(): void {
    this.dropped = true;
    this.endRetry();
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private endRetry(): void {
    this.retry?.();
    this.retry = undefined;
  }

  private launch(): void {
    if (this.retry !== undefined) return;
    // In a turn of its own: what belongs together is changed together.
    this.writing ??= Promise.resolve().then(() => this.write());
  }

  private async write(): Promise<void> {
    const { store, log } = this.options;
    const waiting = this.waiting.splice(0);
    try {
      if (!this.dropped) await store.saveFirmware({ owner: this.owner, content: JSON.stringify(this.current) });
      if (this.refused) log.info({ device: this.owner }, "where the update stands can be written again");
      this.refused = false;
      for (const resolve of waiting) resolve();
    } catch (error) {
      this.onRefused(error);
      if (this.hurried) for (const resolve of waiting) resolve();
      else this.waiting.unshift(...waiting);
    }
    this.writing = undefined;
    if (this.waiting.length > 0) this.launch();
  }

  private onRefused(error: unknown): void {
    const { clock, log } = this.options;
    // The store's own end is told by the store.
    const { code } = tellingOf(error);
    if (code === undefined) throw error;
    const ended = code === "LG665" || code === "LG666";
    if (!this.hurried) {
      this.retry = ended
        ? () => {}
        : clock.at(clock.monotonic() + RETRY, () => {
            this.retry = undefined;
            this.launch();
          });
    }
    if (!this.refused && !ended)
      log.warn({ code: "LG663", device: this.owner, reason: reasonOf(error) }, "the update waits: it cannot be kept");
    this.refused = true;
  }
}

const whole = z.int().min(0);
const time = z.number();

const jobSchema = z.object({
  id: z.string(),
  phase: z.enum(JOB_PHASES),
  offset: whole,
  cookie: z.string().exactOptional(),
  token: z.string().exactOptional(),
  before: z.string().exactOptional(),
  attempts: whole,
  begun: time,
  executed: time.exactOptional(),
  until: time.exactOptional(),
  deadline: time.exactOptional(),
});

const updateSchema = z.object({
  state: z.literal([0, 1, 2, 3]),
  result: z.literal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
  uri: z.string(),
  name: z.string().exactOptional(),
  version: z.string().exactOptional(),
  severity: z.literal([0, 1, 2]),
  changed: time.exactOptional(),
  deferPeriod: z.number().min(0).exactOptional(),
  automatic: z.boolean(),
});

const recordSchema = z.object({
  begun: time,
  ended: time,
  name: z.string().exactOptional(),
  version: z.string().exactOptional(),
  size: whole,
  before: z.string().exactOptional(),
  after: z.string().exactOptional(),
  result: updateSchema.shape.result,
  reason: z.string().exactOptional(),
});

/** JSON knows no `undefined`: a key that is not there stays away. */
const keptSchema: z.ZodType<KeptFirmware> = z.object({
  update: updateSchema,
  job: jobSchema.exactOptional(),
  mark: z.string().exactOptional(),
  history: z.array(recordSchema),
});
