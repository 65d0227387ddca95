/** Everything that object 2 says, of all servers: which instance is about what, who owns it, who may do what. */
import { LEVEL, MAX_ID, type Path, pathDepth, pathParts } from "../../lwm2m/path.ts";
import { readTable, type TableRow, tableText } from "./kept-table.ts";
import { type AccessEntry, NO_OWNER, RIGHT, rightsOf } from "./rights.ts";

/** A server of the configuration, which stands for the bootstrap that nobody has. */
export interface ControlledServer {
  /** Short Server ID. */
  readonly id: number;
  /** Its instance of object 1. */
  readonly account: number;
  /** What it may do with an object instance that is another's, or with RIGHT.create whether it may make instances of an object. */
  rights(target: Path): number;
}

export interface TableListener {
  /** A server wrote this, or made it its own. */
  changed(target: Path): void;
}

/** Targets are own paths, of an object instance or of an object: they stay what they are in every layout. */
export class AccessTable {
  /** In the order of the configuration: what is nobody's is the first's. */
  readonly servers: readonly ControlledServer[];
  private readonly onToKeep: () => void;
  private readonly ids = new Map<Path, number>();
  private readonly targets = new Map<number, Path>();
  /** What servers did; all else is as configured. */
  private readonly written = new Map<Path, AccessEntry>();
  private readonly listeners = new Set<TableListener>();
  /** No instance of object 2 below this one is free. */
  private lowest = 0;

  constructor(servers: readonly ControlledServer[], onToKeep: () => void) {
    this.servers = servers;
    this.onToKeep = onToKeep;
  }

  listen(listener: TableListener): void {
    this.listeners.add(listener);
  }

  /** The instance of object 2 that is about this; the same for as long as that is there. Undefined: no ID is left. */
  idOf(target: Path): number | undefined {
    const known = this.ids.get(target);
    if (known !== undefined) return known;
    while (this.targets.has(this.lowest)) this.lowest++;
    if (this.lowest >= MAX_ID) return undefined;
    this.place(target, this.lowest);
    this.onToKeep();
    return this.lowest;
  }

  targetOf(id: number): Path | undefined {
    return this.targets.get(id);
  }

  entryOf(target: Path): AccessEntry {
    return this.written.get(target) ?? this.configured(target);
  }

  rightsOf(target: Path, server: number): number {
    return rightsOf(this.entryOf(target), server);
  }

  isServer(id: number): boolean {
    return this.servers.some((server) => server.id === id);
  }

  write(target: Path, entry: AccessEntry): void {
    this.written.set(target, entry);
    this.onToKeep();
    for (const listener of this.listeners) listener.changed(target);
  }

  /**
   * A server is about to make this instance: it will be its own (Core 1.2 §6.3.6). Returns what takes that back where it could
   * not. Of two servers that make the same one, it is the first's.
   */
  claim(target: Path, server: number): () => void {
    if (this.written.has(target)) return () => {};
    const entry: AccessEntry = { owner: server, acl: new Map() };
    this.written.set(target, entry);
    this.onToKeep();
    return () => {
      if (this.written.get(target) !== entry) return;
      this.written.delete(target);
      this.onToKeep();
    };
  }

  /** The object instance is there no more, nor will another be that one. */
  gone(target: Path): void {
    const id = this.ids.get(target);
    if (!this.written.delete(target) && id === undefined) return;
    this.ids.delete(target);
    if (id !== undefined) {
      this.targets.delete(id);
      this.lowest = Math.min(this.lowest, id);
    }
    this.onToKeep();
  }

  /** What `restore` takes; undefined where there is nothing. */
  serialize(): string | undefined {
    const servers = this.servers.map(({ id }) => id);
    const rows = [...new Set([...this.ids.keys(), ...this.written.keys()])].map((target): TableRow => {
      const entry = this.written.get(target);
      const id = this.ids.get(target);
      return { target, ...(id === undefined ? {} : { id }), ...(entry === undefined ? {} : { entry, servers }) };
    });
    return rows.length === 0 ? undefined : tableText(rows);
  }

  /**
   * What the process before this one left, without those of which `isThere` says that they went meanwhile. Servers may have come
   * and gone. Throws SyntaxError or RangeError where the text is something else; then nothing is changed.
   */
  restore(text: string, isThere: (target: Path) => boolean): void {
    for (const { target, id, entry, servers = [] } of readTable(text)) {
      if (!isThere(target)) continue;
      if (id !== undefined) this.place(target, id);
      if (entry !== undefined) this.written.set(target, this.adopted(target, entry, servers));
    }
  }

  private place(target: Path, id: number): void {
    this.ids.set(target, id);
    this.targets.set(id, target);
  }

  /** Bootstrap by the configuration: its account is each server's own, all else the first's. */
  private configured(target: Path): AccessEntry {
    const { prefix, object, instance } = pathParts(target);
    const isAccount = prefix === "" && object === SERVER;
    const ofAccount = isAccount ? this.servers.find(({ account }) => account === instance) : undefined;
    if (ofAccount !== undefined) return { owner: ofAccount.id, acl: new Map() };
    const [first, ...others] = this.servers;
    const whole = pathDepth(target) === LEVEL.object;
    const acl = [...(whole && first !== undefined ? [first] : []), ...others].map((server): [number, number] => [
      server.id,
      this.granted(server, target),
    ]);
    const owner = whole ? NO_OWNER : (first?.id ?? NO_OWNER);
    return { owner, acl: new Map(acl.filter(([, rights]) => rights > 0)) };
  }

  private granted(server: ControlledServer, target: Path): number {
    const rights = server.rights(target);
    return pathDepth(target) === LEVEL.object ? rights & RIGHT.create : rights & ~RIGHT.create;
  }

  /**
   * Rights of servers that are not configured any more go; what was theirs is that of the one with the most rights to write and
   * delete it (Transport 1.2 §5.2.5). Servers that were not there then get what the configuration says.
   */
  private adopted(target: Path, { owner, acl }: AccessEntry, known: readonly number[]): AccessEntry {
    const kept = [...acl].filter(([id]) => id === 0 || this.isServer(id));
    const news = this.servers
      .filter(({ id }) => !known.includes(id))
      .map((server): [number, number] => [server.id, this.granted(server, target)]);
    const rights = new Map([...kept, ...news.filter(([id, granted]) => granted > 0 && id !== owner)]);
    if (owner === NO_OWNER || this.isServer(owner)) return { owner, acl: rights };
    const power = ({ id }: ControlledServer): number => powerOf(rights.get(id) ?? 0);
    const heir = this.servers.reduce<ControlledServer | undefined>(
      (best, server) => (best === undefined || power(server) > power(best) ? server : best),
      undefined,
    );
    if (heir === undefined) return { owner: NO_OWNER, acl: rights };
    rights.delete(heir.id);
    return { owner: heir.id, acl: rights };
  }
}

const SERVER = 1;

function powerOf(rights: number): number {
  return Number((rights & RIGHT.write) > 0) + Number((rights & RIGHT.delete) > 0);
}
