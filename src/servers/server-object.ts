/** Object 1, LwM2M Server: one instance for each server, behind the gateway's own tree. */
import type { UnixMillis } from "../clock.ts";
import { CODE } from "../coap/codes.ts";
import { Lwm2mError } from "../errors.ts";
import { parseExecuteArguments } from "../lwm2m/execute-arguments.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import { childPath, makePath, type Path, pathParts } from "../lwm2m/path.ts";
import { badRequest, notAllowed, notFound } from "../lwm2m/refusals.ts";
import type { PathValue, Sample } from "../lwm2m/sample.ts";
import type { Backing, Commit, Edit, Editing, ReadOutcome, ResourceModel, TreeModel } from "../lwm2m/tree.ts";
import type { BindingLetter, ServerAccount } from "./account.ts";
import { restoreWritten } from "./kept-account.ts";
import { ALERT, DISABLE, EXECUTABLE, FIELDS, SUPPORTED_VERSIONS, setVersion } from "./server-resources.ts";

const OBJECT = 1;
const OBJECTS: ReadonlySet<number> = new Set([OBJECT]);

/** What a server did to its own account. */
export interface AccountListener {
  /** What is another now, as it was written or came about, and what is there no more. */
  onWritten(account: ServerAccount, samples: readonly Sample[], removed: readonly Path[]): void;
  onUpdateTrigger(account: ServerAccount): void;
  onDisable(account: ServerAccount): void;
}

/** The object as each version of LwM2M has it. */
export type ServerDefinitions = Readonly<Record<Lwm2mVersion, ObjectDefinition>>;

export class ServerObject implements Backing {
  readonly prefix = "";
  /** The instances are made by the configuration; what is in them servers write and remove. */
  readonly editing: Editing = {
    objects: OBJECTS,
    fixed: OBJECTS,
    certain: true,
    freeInstance: (object) => {
      throw notAllowed(`the instances of object ${object} are made by the gateway's configuration`);
    },
    prepare: (edits) => this.prepare(edits),
  };
  private readonly definitions: ServerDefinitions;
  private readonly accounts: ReadonlyMap<number, ServerAccount>;
  private readonly listener: AccountListener;
  private readonly wall: () => UnixMillis;
  private known: TreeModel | undefined;
  /** Accounts of which the same is there have the same model: there may be a thousand. */
  private models = new Map<string, TreeModel>();

  constructor(
    definitions: ServerDefinitions,
    accounts: readonly ServerAccount[],
    listener: AccountListener,
    wall: () => UnixMillis,
  ) {
    this.definitions = definitions;
    this.accounts = new Map(accounts.map((account) => [account.instance, account]));
    this.listener = listener;
    this.wall = wall;
  }

  /** The same object of a client of its own, which has this account alone. */
  alone(account: ServerAccount, listener: AccountListener, wall: () => UnixMillis): ServerObject {
    const own = new ServerObject(this.definitions, [account], listener, wall);
    own.models = this.models;
    return own;
  }

  get model(): TreeModel {
    this.known ??= this.modelOf([...this.accounts.values()]);
    return this.known;
  }

  /** The server has registered us with this version. */
  registered(account: ServerAccount, version: Lwm2mVersion): void {
    account.version = version;
    this.known = undefined;
  }

  /** The server has sent this alert of DTLS (RFC 5246 §7.2). */
  alerted(account: ServerAccount, alert: number): void {
    account.alert = alert;
    this.known = undefined;
    const path = makePath({ prefix: "", object: OBJECT, instance: account.instance, resource: ALERT });
    this.listener.onWritten(account, this.samples(account, path), []);
  }

  /**
   * What the server wrote before this process began. Throws SyntaxError, RangeError or Lwm2mError where the text of `writtenOf`
   * is something else.
   */
  restore(account: ServerAccount, written: string): void {
    restoreWritten(account, written, this.definitions["1.2"]);
    this.known = undefined;
  }

  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    return resources.map((path) => {
      const samples = this.samples(this.account(path), path);
      return samples.length === 0 ? new Lwm2mError(CODE.notFound, `${path} was never written`) : samples;
    });
  }

  prepareWrite(values: readonly PathValue[]): Commit {
    return this.prepare(values.map((value) => ({ type: "set", ...value })));
  }

  async execute(path: Path, args: string): Promise<void> {
    const account = this.account(path);
    if (pathParts(path).resource === DISABLE) this.listener.onDisable(account);
    else {
      checkTrigger(path, args, account.binding);
      this.listener.onUpdateTrigger(account);
    }
  }

  /** All is checked on copies of the accounts first. */
  private prepare(edits: readonly Edit[]): Commit {
    const copies = new Map<number, ServerAccount>();
    for (const edit of edits) {
      const account = this.account(edit.path);
      const copy = copies.get(account.instance) ?? { ...account, retry: { ...account.retry } };
      copies.set(account.instance, copy);
      this.apply(edit, copy);
    }
    return async () => this.commit(edits);
  }

  private commit(edits: readonly Edit[]): void {
    const touched = new Map<ServerAccount, Set<Path>>();
    const before = this.model;
    for (const edit of edits) {
      const account = this.account(edit.path);
      this.apply(edit, account);
      touched.set(account, (touched.get(account) ?? new Set()).add(resourceOf(edit.path)));
    }
    this.known = undefined;
    for (const [account, paths] of touched) {
      const samples = [...paths].flatMap((path) => this.samples(account, path));
      this.listener.onWritten(
        account,
        samples,
        [...paths].flatMap((path) => this.lost(before, path)),
      );
    }
  }

  /** What of a resource, or of its instances, is there no more. */
  private lost(before: TreeModel, path: Path): readonly Path[] {
    const [old, now] = [resourceIn(before, path), resourceIn(this.model, path)];
    if (old === undefined) return [];
    if (now === undefined) return [path];
    const gone = old.instances?.filter((instance) => now.instances?.includes(instance) !== true) ?? [];
    return gone.map((instance) => childPath(path, instance));
  }

  /** Throws Lwm2mError where it makes no sense. */
  private apply(edit: Edit, account: ServerAccount): void {
    const { path } = edit;
    const { resource = -1, resourceInstance } = pathParts(path);
    if (!this.definitions[account.version].resources.has(resource)) throw notFound(path);
    const value = edit.type === "set" ? edit.value : undefined;
    if (resource === SUPPORTED_VERSIONS) {
      if (resourceInstance === undefined) account.supportedVersions = new Map();
      else setVersion(account, { path, instance: resourceInstance }, value);
      return;
    }
    const field = FIELDS.get(resource);
    if (field?.set === undefined) throw notAllowed(`${path} has no use here: it cannot be written`);
    if (value === undefined) field.unset?.(account);
    else field.set(account, value, path);
  }

  private samples(account: ServerAccount, path: Path): readonly Sample[] {
    const { resource = -1 } = pathParts(path);
    const time = this.wall();
    if (resource === SUPPORTED_VERSIONS) {
      return [...account.supportedVersions].map(([id, value]) => ({ path: childPath(path, id), value, time }));
    }
    const value = FIELDS.get(resource)?.get(account);
    return value === undefined ? [] : [{ path, value, time }];
  }

  private modelOf(accounts: readonly ServerAccount[]): TreeModel {
    const resources = accounts.map((account) => [account.instance, this.resources(account)] as const);
    const key = resources.map(([instance, all]) => `${instance}: ${[...all].map(described).join(" ")}`).join(", ");
    const known = this.models.get(key);
    if (known !== undefined) return known;
    const model: TreeModel = new Map([
      [OBJECT, { definition: this.definitions["1.2"], instances: new Map(resources) }],
    ]);
    // Servers write what they like.
    if (this.models.size >= MOST_MODELS) this.models.clear();
    this.models.set(key, model);
    return model;
  }

  /** What the version has and the account holds, and what can be executed. */
  private resources(account: ServerAccount): ReadonlyMap<number, ResourceModel> {
    const known = this.definitions[account.version].resources;
    const models = [...this.definitions["1.2"].resources].flatMap(([id, definition]): [number, ResourceModel][] => {
      if (!known.has(id)) return [];
      const { operations } = definition;
      if (EXECUTABLE.includes(id)) return [[id, { definition, operations }]];
      const instances = id === SUPPORTED_VERSIONS ? [...account.supportedVersions.keys()] : undefined;
      if (instances !== undefined) return instances.length === 0 ? [] : [[id, { definition, operations, instances }]];
      return FIELDS.get(id)?.get(account) === undefined ? [] : [[id, { definition, operations }]];
    });
    return new Map(models);
  }

  private account(path: Path): ServerAccount {
    const account = this.accounts.get(pathParts(path).instance ?? -1);
    if (account === undefined) throw notFound(path);
    return account;
  }
}

const MOST_MODELS = 64;

function described([id, { instances }]: readonly [number, ResourceModel]): string {
  return instances === undefined ? `${id}` : `${id}[${instances.join()}]`;
}

function resourceOf(path: Path): Path {
  const { resourceInstance: _instance, ...parts } = pathParts(path);
  return makePath(parts);
}

function resourceIn(model: TreeModel, path: Path): ResourceModel | undefined {
  const { object = -1, instance = -1, resource = -1 } = pathParts(path);
  return model.get(object)?.instances.get(instance)?.get(resource);
}

/** Core 1.2, Server object 8: argument 0 is the binding over which the Update goes. */
function checkTrigger(path: Path, args: string, binding: BindingLetter): void {
  for (const [digit, value] of parseExecuteArguments(args)) {
    if (digit !== 0) throw badRequest(`${path} has argument 0 only, the binding; not ${digit}`);
    if (value !== binding)
      throw badRequest(`${path}: this server has the binding ${binding} only, not ${value || "none"}`);
  }
}
