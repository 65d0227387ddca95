/** Object 2: there where several servers share the gateway's own objects, and kept over a restart. Core 1.2 §8.1. */
import type { Clock } from "../../clock.ts";
import type { ServerSettings } from "../../config/types.ts";
import { reasonOf } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import type { ObjectCatalogue } from "../../lwm2m/objects/index.ts";
import { LEVEL, type Path, pathDepth, pathParts } from "../../lwm2m/path.ts";
import { rightsBy } from "../../servers/access/policy.ts";
import { AccessTable } from "../../servers/access-control/access-table.ts";
import { type ControlledView, controlledView } from "../../servers/access-control/controlled-view.ts";
import type { ServerAccount } from "../../servers/account.ts";
import { isExpected } from "../../servers/kept-state.ts";
import { isThere } from "../../servers/known-tree.ts";
import type { Sight } from "../../servers/sight.ts";
import type { View } from "../../servers/view.ts";
import type { KeptServers } from "../state/kept-servers.ts";
import { requiredObject } from "../trees.ts";
import { policyOf } from "./admitted.ts";

export interface AccessControlOptions {
  readonly accounts: readonly { readonly settings: ServerSettings; readonly account: ServerAccount }[];
  /** All that there is. */
  readonly sight: Sight;
  readonly kept: KeptServers;
  readonly catalogue: ObjectCatalogue;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface AccessControl {
  /** The same with object 2, as this server has its rights. */
  controlled(view: View, server: number): ControlledView;
  /** Something is there no more, in own paths. */
  gone(path: Path): void;
}

/** Undefined where one server has all rights. */
export function accessControl(options: AccessControlOptions): AccessControl | undefined {
  const { accounts, kept, catalogue, clock, sight } = options;
  const [first, second] = accounts;
  if (first === undefined || second === undefined) return undefined;
  const { saved, touch } = kept.rights(first.settings.id);
  const servers = accounts.map(({ settings, account }) => {
    const policy = policyOf(settings, account);
    return { id: settings.id, account: account.instance, rights: (target: Path) => rightsBy(policy, target) };
  });
  const table: AccessTable = new AccessTable(servers, () => touch(() => table.serialize() ?? NOTHING));
  if (saved !== undefined) restore(table, saved, options);
  const definition = requiredObject(catalogue, ACCESS_CONTROL, "1.1");
  const made = (): ReadonlySet<number> => madeByServers(sight);
  return {
    controlled: (view, server) => controlledView(view, { definition, table, server, made, wall: () => clock.wall() }),
    gone: (path) => {
      if (isMade(path)) table.gone(path);
    },
  };
}

const ACCESS_CONTROL = 2;
const GATEWAY = 25;
/** What `AccessTable.serialize` gives where there is nothing. */
const NOTHING = "[]";

function restore(table: AccessTable, saved: string, { sight, log }: AccessControlOptions): void {
  try {
    table.restore(saved, (target) => !isMade(target) || isThere((prefix) => sight.of(prefix), target));
  } catch (error) {
    if (!isExpected(error)) throw error;
    log.warn(
      { code: "LG668", reason: reasonOf(error) },
      "what servers wrote to object 2 cannot be read: rights are as configured",
    );
  }
}

/** A device that is away for a while has the same number, and the same rights, when it is there again. */
function isMade(path: Path): boolean {
  const { prefix, object } = pathParts(path);
  return prefix === "" && object !== GATEWAY && pathDepth(path) === LEVEL.instance;
}

/** The gateway's own objects whose instances servers make. */
export function madeByServers(sight: Sight): ReadonlySet<number> {
  const editing = sight.of("")?.backing.editing;
  return new Set([...(editing?.objects ?? [])].filter((object) => editing?.fixed?.has(object) !== true));
}
