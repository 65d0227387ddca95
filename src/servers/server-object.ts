/** Object 1, LwM2M Server: one instance for each server, behind the gateway's own tree. */
import type { UnixMillis } from "../clock.ts";
import { CODE } from "../coap/codes.ts";
import { Lwm2mError } from "../errors.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import { type Path, pathParts } from "../lwm2m/path.ts";
import { badRequest, notFound } from "../lwm2m/refusals.ts";
import type { PathValue, Sample, Value } from "../lwm2m/sample.ts";
import type { Backing, Commit, ReadOutcome, ResourceModel, TreeModel } from "../lwm2m/tree.ts";
import type { ServerAccount } from "./account.ts";

const OBJECT = 1;
export const LIFETIME = 1;
export const DEFAULT_MINIMUM_PERIOD = 2;
export const DEFAULT_MAXIMUM_PERIOD = 3;
const DISABLE = 4;
const BINDING = 7;
const UPDATE_TRIGGER = 8;
/** 136 years; of resource 19 it means "no further sequence". */
const MOST_SECONDS = 0xffff_ffff;

interface Field {
  get(account: ServerAccount): Value | undefined;
  set?(account: ServerAccount, value: Value): void;
}

const FIELDS: Readonly<Record<number, Field>> = {
  0: { get: (account) => account.shortServerId },
  [LIFETIME]: { get: (account) => account.lifetime, set: (account, value) => (account.lifetime = Number(value)) },
  [DEFAULT_MINIMUM_PERIOD]: {
    get: (account) => account.defaultMinimumPeriod,
    set: (account, value) => (account.defaultMinimumPeriod = Number(value)),
  },
  [DEFAULT_MAXIMUM_PERIOD]: {
    get: (account) => account.defaultMaximumPeriod,
    set: (account, value) => (account.defaultMaximumPeriod = Number(value)),
  },
  5: { get: (account) => account.disableTimeout, set: (account, value) => (account.disableTimeout = Number(value)) },
  6: {
    get: (account) => account.notificationStoring,
    set: (account, value) => (account.notificationStoring = value === true),
  },
  // Writable by the object's definition; the only binding that we have is the one that runs.
  [BINDING]: { get: (account) => account.binding, set: () => {} },
  17: { get: ({ retry }) => retry.count, set: ({ retry }, value) => (retry.count = Number(value)) },
  18: { get: ({ retry }) => retry.timer, set: ({ retry }, value) => (retry.timer = Number(value)) },
  19: { get: ({ retry }) => retry.sequenceDelay, set: ({ retry }, value) => (retry.sequenceDelay = Number(value)) },
  20: { get: ({ retry }) => retry.sequenceCount, set: ({ retry }, value) => (retry.sequenceCount = Number(value)) },
};

const EXECUTABLE = [DISABLE, UPDATE_TRIGGER];

/** Every resource that this object can have, for the choice of its version. */
const SERVER_RESOURCES: readonly number[] = [...Object.keys(FIELDS).map(Number), ...EXECUTABLE];

/** What a server did to its own account. */
export interface AccountListener {
  onWritten(account: ServerAccount, sample: Sample): void;
  onUpdateTrigger(account: ServerAccount): void;
  onDisable(account: ServerAccount): void;
}

export class ServerObject implements Backing {
  readonly prefix = "";
  private readonly definition: ObjectDefinition;
  private readonly accounts: ReadonlyMap<number, ServerAccount>;
  private readonly listener: AccountListener;
  private readonly wall: () => UnixMillis;

  constructor(
    definition: ObjectDefinition,
    accounts: readonly ServerAccount[],
    listener: AccountListener,
    wall: () => UnixMillis,
  ) {
    this.definition = definition;
    this.accounts = new Map(accounts.map((account) => [account.instance, account]));
    this.listener = listener;
    this.wall = wall;
  }

  get model(): TreeModel {
    const instances = new Map([...this.accounts].map(([id, account]) => [id, this.resources(account)]));
    return new Map([[OBJECT, { definition: this.definition, instances }]]);
  }

  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    return resources.map((path) => {
      const value = this.field(path)?.get(this.account(path));
      if (value === undefined) return new Lwm2mError(CODE.notFound, `${path} was never written`);
      return [{ path, value, time: this.wall() }];
    });
  }

  prepareWrite(values: readonly PathValue[]): Commit {
    for (const { path, value } of values) check(path, value);
    return async () => {
      for (const { path, value } of values) {
        const account = this.account(path);
        this.field(path)?.set?.(account, value);
        this.listener.onWritten(account, { path, value, time: this.wall() });
      }
    };
  }

  async execute(path: Path): Promise<void> {
    const account = this.account(path);
    if (pathParts(path).resource === DISABLE) this.listener.onDisable(account);
    else this.listener.onUpdateTrigger(account);
  }

  private resources(account: ServerAccount): ReadonlyMap<number, ResourceModel> {
    const present = SERVER_RESOURCES.filter((id) => {
      const field = FIELDS[id];
      return field === undefined || field.set !== undefined || field.get(account) !== undefined;
    });
    const models = present.flatMap((id): [number, ResourceModel][] => {
      const definition = this.definition.resources.get(id);
      return definition === undefined ? [] : [[id, { definition, operations: definition.operations }]];
    });
    return new Map(models.sort(([a], [b]) => a - b));
  }

  private account(path: Path): ServerAccount {
    const account = this.accounts.get(pathParts(path).instance ?? 0);
    if (account === undefined) throw notFound(path);
    return account;
  }

  private field(path: Path): Field | undefined {
    return FIELDS[pathParts(path).resource ?? -1];
  }
}

/** Times have 32 bits: more is nobody's wish, and no calendar has a date for the end of it. This gateway has one binding. */
function check(path: Path, value: Value): void {
  if ((typeof value === "number" || typeof value === "bigint") && (value < 0 || value > MOST_SECONDS)) {
    throw badRequest(`${path}: expected 0 to ${MOST_SECONDS}, not ${value}`);
  }
  if (pathParts(path).resource === BINDING && value !== "U") {
    throw badRequest(`${path}: this gateway has the binding U only, not ${String(value)}`);
  }
}
