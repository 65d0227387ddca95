/** What servers want to change of 10374 and 10375: what of it is kept, and what goes to registers. All is checked first. */
import { makePath, type Path, parentPath, pathDepth, pathParts } from "../../lwm2m/path.ts";
import { badRequest, notAllowed } from "../../lwm2m/refusals.ts";
import { sameValue, type Value } from "../../lwm2m/sample.ts";
import type { Edit } from "../../lwm2m/tree.ts";
import type { Run } from "./cluster.ts";
import {
  type ClusterSettings,
  type Content,
  clusterSettings,
  isBits,
  isWritable,
  linkOf,
  numberAt,
} from "./content.ts";
import { CLUSTER, CONNECTION, LAYER } from "./objects.ts";

export interface Edited {
  /** For the store, in their order. */
  readonly kept: readonly Edit[];
  readonly written: readonly RegisterWrite[];
}

export interface RegisterWrite {
  /** Of the instance. */
  readonly path: Path;
  /** As they are after the edits. */
  readonly settings: ClusterSettings;
  readonly runs: readonly Run[];
}

export interface EditContext {
  /** The single resources of an instance as they are kept; undefined: it is not there. */
  readonly keptOf: (object: number, instance: number) => Content | undefined;
  /** The same as servers see them. */
  readonly seenOf: (object: number, instance: number) => Content | undefined;
  /** Whether registers may be written. */
  readonly write: boolean;
}

/** Throws Lwm2mError where one of them cannot be done. Edits of other objects are kept as they are. */
export function checkedEdits(edits: readonly Edit[], context: EditContext): Edited {
  const kept: Edit[] = [];
  const written: RegisterWrite[] = [];
  for (const [path, group] of grouped(edits)) {
    const { object = -1, instance = -1 } = pathParts(path);
    const before = context.keptOf(object, instance);
    if (object === CONNECTION.id) kept.push(...connectionEdits(path, group, before, context));
    else if (object !== CLUSTER.id || isGone(path, group)) kept.push(...group);
    else {
      const settings = settingsAfter(path, group, before, context);
      kept.push(...group.filter((edit) => !isOfValues(edit)));
      const runs = runsOf(path, group, settings, context);
      if (runs.length > 0) written.push({ path, settings, runs });
    }
  }
  return { kept, written };
}

function connectionEdits(
  path: Path,
  edits: readonly Edit[],
  before: Content | undefined,
  { seenOf }: EditContext,
): readonly Edit[] {
  const link = before === undefined ? undefined : linkOf(before);
  if (link !== undefined) {
    const { instance = -1 } = pathParts(path);
    return ofLink({ path, link, seen: seenOf(CONNECTION.id, instance) ?? new Map() }, edits);
  }
  if (!isGone(path, edits)) {
    const after = contentAfter(edits, before);
    const missing = [CONNECTION.address, CONNECTION.layer, CONNECTION.enable].find((resource) => !after.has(resource));
    if (missing !== undefined) throw badRequest(`${path} must have a value of resource ${missing}`);
  }
  return edits;
}

interface LinkInstance {
  readonly path: Path;
  readonly link: string;
  readonly seen: Content;
}

/** Of an instance that stands for a link of the configuration Enable is the servers'. */
function ofLink({ path, link, seen }: LinkInstance, edits: readonly Edit[]): readonly Edit[] {
  return edits.filter((edit) => {
    const { resource } = pathParts(edit.path);
    if (edit.type !== "set") {
      if (edit.path === path)
        throw notAllowed(`${path} is the link "${link}" of the gateway's configuration, and stays`);
      return false;
    }
    if (resource === CONNECTION.enable) return true;
    const now = resource === undefined ? undefined : seen.get(resource);
    if (now !== undefined && sameValue(now, edit.value)) return false;
    throw notAllowed(`${edit.path} cannot be written: ${path} is the link "${link}" of the gateway's configuration`);
  });
}

function settingsAfter(
  path: Path,
  edits: readonly Edit[],
  before: Content | undefined,
  { seenOf }: EditContext,
): ClusterSettings {
  const settings = clusterSettings(contentAfter(edits, before), path);
  const connection = seenOf(CONNECTION.id, settings.connection);
  const isSerial = connection !== undefined && numberAt(connection, CONNECTION.layer) !== LAYER.tcp;
  if (isSerial && settings.unit === TCP_ONLY) throw badRequest(`${path}: unit ${TCP_ONLY} is for Modbus TCP only`);
  return settings;
}

/** The values of single resources, as the edits leave them. */
function contentAfter(edits: readonly Edit[], before: Content | undefined): Content {
  const after = new Map<number, Value>(before);
  for (const { path, ...edit } of edits) {
    const { resource, resourceInstance } = pathParts(path);
    if (resource === undefined || resourceInstance !== undefined) continue;
    if (edit.type === "set") after.set(resource, edit.value);
    else after.delete(resource);
  }
  return after;
}

function runsOf(path: Path, edits: readonly Edit[], settings: ClusterSettings, { write }: EditContext): readonly Run[] {
  const ofValues = edits.filter(isOfValues);
  const values = new Map<number, number>();
  for (const edit of ofValues) {
    if (edit.type === "set") values.set(pathParts(edit.path).resourceInstance ?? -1, registerValue(edit, settings));
  }
  const all = makePath({ ...pathParts(path), resource: CLUSTER.values });
  const replaced = ofValues.some(({ type }) => type === "remove");
  // A PUT of the whole instance names them or not: they are the device's.
  if (values.size === 0 && (!replaced || edits.length > ofValues.length)) return [];
  if (!isWritable(settings.table)) throw notAllowed(`${all} cannot be written: ${settings.table} is read-only`);
  if (!write) throw notAllowed(`${all} cannot be written: remote_modbus of the gateway has no write: true`);
  const outside = [...values.keys()].find((id) => id < 0 || id >= settings.quantity);
  if (outside !== undefined || ((replaced || edits.some(isCreate)) && values.size !== settings.quantity)) {
    throw badRequest(`${all} has the instances 0..${settings.quantity - 1}, by Quantity: no more and no less`);
  }
  return inRuns(values);
}

function registerValue({ path, value }: Edit & { readonly type: "set" }, { table }: ClusterSettings): number {
  const number = Number(value);
  if (isBits(table) && number > 1) throw badRequest(`${path}: a ${table} is 0 or 1, not ${number}`);
  return number;
}

/** What lies side by side is one request. */
function inRuns(values: ReadonlyMap<number, number>): readonly Run[] {
  const runs: { readonly from: number; readonly values: number[] }[] = [];
  for (const [id, value] of [...values].sort(([a], [b]) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last.from + last.values.length === id) last.values.push(value);
    else runs.push({ from: id, values: [value] });
  }
  return runs;
}

function grouped(edits: readonly Edit[]): ReadonlyMap<Path, readonly Edit[]> {
  const groups = new Map<Path, Edit[]>();
  for (const edit of edits) {
    let instance = edit.path;
    while (pathDepth(instance) > INSTANCE_DEPTH) instance = parentPath(instance) ?? instance;
    const group = groups.get(instance);
    if (group === undefined) groups.set(instance, [edit]);
    else group.push(edit);
  }
  return groups;
}

/** Whether the instance is not there any more after the edits. */
function isGone(path: Path, edits: readonly Edit[]): boolean {
  return edits.findLast((edit) => edit.path === path)?.type === "remove";
}

function isCreate({ type }: Edit): boolean {
  return type === "create";
}

function isOfValues({ path }: Edit): boolean {
  return pathParts(path).resource === CLUSTER.values;
}

const INSTANCE_DEPTH = 2;
const TCP_ONLY = 255;
