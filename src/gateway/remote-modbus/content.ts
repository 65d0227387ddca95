/** What an instance of 10374 or 10375 says, read from its single resources. */
import { badRequest } from "../../lwm2m/refusals.ts";
import { isObjectLink, type Value } from "../../lwm2m/sample.ts";
import type { StoredValue } from "../../lwm2m/stored-content.ts";
import { CLUSTER, CONNECTION } from "./objects.ts";

/** The single resources of an instance. */
export type Content = ReadonlyMap<number, Value>;

export function contentOf(values: readonly StoredValue[]): Content {
  return new Map(
    values.flatMap(({ resource, resourceInstance, value }) =>
      resourceInstance === undefined ? [[resource, value] as const] : [],
    ),
  );
}

/** The link that an instance of 10374 stands for; undefined: a server made it. */
export function linkOf(content: Content): string | undefined {
  const link = content.get(CONNECTION.link);
  return typeof link === "string" ? link : undefined;
}

export function isEnabled(content: Content): boolean {
  return content.get(CONNECTION.enable) === true;
}

export type Table = "coil" | "discrete" | "holding" | "input";

/** Registers, coils or inputs in a row, of one unit. */
export interface ClusterSettings {
  /** Instance of 10374. */
  readonly connection: number;
  readonly table: Table;
  readonly unit: number;
  readonly start: number;
  readonly quantity: number;
}

/** By Register Type, 10375/x/1. */
const TABLES: readonly (Table | undefined)[] = [undefined, "coil", "discrete", "holding", "input"];
/** V1.1b3 §6.3: what one read carries; of coils it is what the object allows. */
const MOST_REGISTERS = 125;
const ADDRESSES = 0x1_0000;

/** Throws Lwm2mError 4.00 where it makes no sense. `what`: the path of the instance. */
export function clusterSettings(content: Content, what: string): ClusterSettings {
  const link = content.get(CLUSTER.connection);
  if (link === undefined || !isObjectLink(link) || link.object !== CONNECTION.id || link.instance === NO_INSTANCE) {
    throw badRequest(`${what} must link to an instance of ${CONNECTION.id} (Connection, 0)`);
  }
  const table = TABLES[numberAt(content, CLUSTER.type) ?? 0];
  const unit = numberAt(content, CLUSTER.unit);
  const start = numberAt(content, CLUSTER.start);
  if (table === undefined || unit === undefined || start === undefined) {
    throw badRequest(`${what} needs Register Type (1), Unit ID (2) and Starting Register Address (3)`);
  }
  const quantity = numberAt(content, CLUSTER.quantity) ?? 1;
  if (!isBits(table) && quantity > MOST_REGISTERS) {
    throw badRequest(`${what}: one read has ${MOST_REGISTERS} registers at most, not ${quantity}`);
  }
  if (start + quantity > ADDRESSES) {
    throw badRequest(`${what}: ${quantity} from address ${start} on reach beyond ${ADDRESSES - 1}`);
  }
  return { connection: link.instance, table, unit, start, quantity };
}

export function isBits(table: Table): boolean {
  return table === "coil" || table === "discrete";
}

export function isWritable(table: Table): boolean {
  return table === "coil" || table === "holding";
}

/** For people: `unit 5, holding 100..109`. */
export function describeCluster({ table, unit, start, quantity }: ClusterSettings): string {
  return `unit ${unit}, ${table} ${quantity === 1 ? start : `${start}..${start + quantity - 1}`}`;
}

export function numberAt(content: Content, resource: number): number | undefined {
  const value = content.get(resource);
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
}

export function textAt(content: Content, resource: number): string {
  const value = content.get(resource);
  return typeof value === "string" ? value : "";
}

const NO_INSTANCE = 65535;
