/** What of each server outlives the process: loaded at the start, and written soon after it changed, beside everything else. */
import { reasonOf } from "../../errors.ts";
import type { LogFields, Logger } from "../../log.ts";
import {
  isExpected,
  type KeptIdentity,
  type KeptServer,
  NOTHING_KEPT,
  partsOf,
  readKept,
  type StateToKeep,
} from "../../servers/kept-state.ts";
import { type PartChange, StoreError } from "../../store/store.ts";
import { type PartSource, PartWriter, type WriterOptions } from "./part-writer.ts";

export type KeepingOptions = WriterOptions;

/** Whose state it is. */
interface Owner {
  readonly identity: KeptIdentity;
  /** What log lines about it carry. */
  readonly fields: LogFields;
  /** What its parts are called after, e.g. "client meter-1 "; "" is the gateway's own registration. */
  readonly space: string;
}

type Parts = ReadonlyMap<string, string>;

const NO_PARTS: Parts = new Map();

/** What is kept of one registration at a server. */
export class Keeping implements PartSource {
  /** What the process before this one left. */
  readonly kept: KeptServer;
  private readonly writer: PartWriter;
  private owner: Owner;
  private readonly gatewayLog: Logger;
  /** What lies on the disk, by name without `space`. */
  private saved: Parts;
  private state: (() => StateToKeep) | undefined;
  private dropped = false;

  constructor(writer: PartWriter, owner: Owner, saved: Parts, log: Logger) {
    this.writer = writer;
    this.owner = owner;
    this.gatewayLog = log;
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
      this.log.warn({ code: "LG668", reason: `${part}: ${reasonOf(error)}` }, UNREADABLE);
    }
  }

  /** From now on this is what there is to keep. */
  begin(state: () => StateToKeep): void {
    this.state = state;
    this.touch();
  }

  /** What there is to keep may be another now. */
  touch(): void {
    if (this.state !== undefined || this.dropped) this.writer.touch(this);
  }

  /** What is kept from now on is of another layout. */
  relay(layout: string | undefined): void {
    const { layout: _, ...identity } = this.owner.identity;
    this.owner = { ...this.owner, identity: { ...identity, ...(layout === undefined ? {} : { layout }) } };
  }

  /** There is nothing to keep any more. */
  drop(): void {
    this.state = undefined;
    this.dropped = true;
    this.touch();
  }

  take(): { readonly changes: readonly PartChange[]; readonly written: () => void } {
    const parts = this.parts();
    const changes = differences(this.saved, parts).map(({ part, ...change }) => ({
      part: this.owner.space + part,
      ...change,
    }));
    return {
      changes,
      written: () => {
        this.saved = parts;
      },
    };
  }

  /** Rarely used, and there may be thousands. */
  private get log(): Logger {
    return this.gatewayLog.child(this.owner.fields);
  }

  private parts(): Parts {
    if (this.state !== undefined) return partsOf(this.owner.identity, this.state());
    return this.dropped ? NO_PARTS : this.saved;
  }

  private read(): KeptServer {
    const { problems, foreign, ...kept } = readKept(this.saved, this.owner.identity);
    if (foreign) this.log.info({}, "what was kept belongs to another endpoint or another server: it is not used");
    for (const reason of problems) this.log.warn({ code: "LG668", reason }, UNREADABLE);
    return kept;
  }
}

/** What is kept at one server, where each device has a registration of its own. */
export const CLIENT = /^client [^ ]+ /;
/** What is no registration's. */
const TRAFFIC = "traffic ";
const MONTH = "month";
const RIGHTS = "rights ";
const OBJECT_2 = "object 2";
const SPACES: readonly string[] = [TRAFFIC, RIGHTS];

export interface KeptText {
  readonly saved: string | undefined;
  readonly touch: (text: () => string) => void;
}

/** One part by itself: written where it is another than what lies on the disk. */
function keptText(writer: PartWriter, part: string, saved: string | undefined): KeptText["touch"] {
  let [onDisk, text] = [saved, (): string => ""];
  const source: PartSource = {
    take() {
      const content = text();
      const written = (): void => {
        onDisk = content;
      };
      return { changes: content === onDisk ? [] : [{ part, content }], written };
    },
  };
  return (current) => {
    text = current;
    writer.touch(source);
  };
}

/** Of all servers. */
export class KeptServers {
  private readonly options: KeepingOptions;
  /** What nobody has asked for yet: by server, then by the space of names. */
  private readonly loaded: Map<number, Map<string, Map<string, string>>>;
  private readonly writers = new Map<number, PartWriter>();
  private readonly keepings = new Map<number, Keeping>();

  private constructor(options: KeepingOptions, loaded: Map<number, Map<string, Map<string, string>>>) {
    this.options = options;
    this.loaded = loaded;
  }

  /** Without it the gateway starts as for the first time. */
  static async load(options: KeepingOptions): Promise<KeptServers> {
    const loaded = new Map<number, Map<string, Map<string, string>>>();
    try {
      for (const { server, part, content } of await options.store.loadServers()) {
        const [space = SPACES.find((own) => part.startsWith(own)) ?? ""] = CLIENT.exec(part) ?? [];
        const spaces = loaded.get(server) ?? new Map<string, Map<string, string>>();
        const parts = spaces.get(space) ?? new Map<string, string>();
        loaded.set(server, spaces.set(space, parts.set(part.slice(space.length), content)));
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      options.log.warn(
        { code: "LG668", reason: reasonOf(error) },
        "what was kept of the servers cannot be read: it is not used",
      );
    }
    return new KeptServers(options, loaded);
  }

  /** To be asked for once a server; with a prefix: once a device that has a registration of its own there. */
  of(server: number, identity: KeptIdentity, prefix?: string): Keeping {
    const space = prefix === undefined ? "" : `client ${prefix} `;
    const spaces = this.loaded.get(server);
    const saved = spaces?.get(space) ?? NO_PARTS;
    spaces?.delete(space);
    const fields = { server, ...(prefix === undefined ? {} : { device: prefix }) };
    const keeping = new Keeping(this.writerOf(server), { identity, space, fields }, saved, this.options.log);
    if (prefix === undefined) this.keepings.set(server, keeping);
    return keeping;
  }

  /** Nobody is to come any more for what is left of a server: devices that went, or have no registration of their own now. */
  dropRest(server: number): void {
    const rest = [...(this.loaded.get(server) ?? [])];
    this.loaded.delete(server);
    const changes = rest.flatMap(([space, parts]) => [...parts.keys()].map((part) => ({ part: space + part })));
    if (changes.length > 0) this.writerOf(server).touch({ take: () => ({ changes, written: () => {} }) });
  }

  /**
   * What went to the server and came from it, over all its registrations, whatever its URI was: `saved` is what the process
   * before this one left, `touch` says that `text` may give another. To be asked for once a server.
   */
  traffic(server: number): KeptText {
    return this.text(server, TRAFFIC, MONTH);
  }

  /** What servers wrote to object 2, kept beside what is of this one. To be asked for once, before `dropRest`. */
  rights(server: number): KeptText {
    return this.text(server, RIGHTS, OBJECT_2);
  }

  private text(server: number, space: string, part: string): KeptText {
    const spaces = this.loaded.get(server);
    const saved = spaces?.get(space)?.get(part);
    spaces?.delete(space);
    return { saved, touch: keptText(this.writerOf(server), space + part, saved) };
  }

  /** What there is to keep of the gateway's own registration at the server may be another now. */
  touch(server: number): void {
    this.keepings.get(server)?.touch();
  }

  async flush(): Promise<void> {
    await Promise.all([...this.writers.values()].map((writer) => writer.flush()));
  }

  private writerOf(server: number): PartWriter {
    const known = this.writers.get(server);
    if (known !== undefined) return known;
    const writer = new PartWriter({ ...this.options, log: this.options.log.child({ server }) }, server);
    this.writers.set(server, writer);
    return writer;
  }
}

const UNREADABLE = "a part of what was kept cannot be read: it is not used";

function differences(before: Parts, after: Parts): readonly PartChange[] {
  const gone = [...before.keys()].filter((part) => !after.has(part));
  const others = [...after].filter(([part, content]) => before.get(part) !== content);
  return [...gone.map((part) => ({ part })), ...others.map(([part, content]) => ({ part, content }))];
}
