/** What each mapping in use makes of its device type: what is converted, what it costs on the wire, what a server can change. */

import { exampleDevice } from "../mapping/example-device.ts";
import { firmwareText } from "../mapping/firmware-text.ts";
import type { Provenance } from "../mapping/load.ts";
import { titleOf } from "../mapping/mapped-resource.ts";
import type { DevicePlan, PointSource, ResourcePlan } from "../mapping/plan-types.ts";
import { type PollCost, pollCosts } from "./poll-costs.ts";
import type { LoadedConfig, LoadedMapping } from "./types.ts";

export interface MappingReport {
  readonly mapping: LoadedMapping;
  readonly source?: Provenance;
  readonly vectors: number;
  /** The devices that run with it, by their ids. */
  readonly devices: readonly string[];
  /** Of the first of them, or of one as it might be; absent where the mapping is wrong. */
  readonly plan?: MappingPlan;
}

/** Resources by their titles, "/10242/0/4 Tension R". */
export interface MappingPlan {
  readonly resources: number;
  /** What is converted to the unit of the registry, and how. */
  readonly notes: readonly { readonly resource: string; readonly note: string }[];
  /** What is there for some devices, and what they must say of themselves before: the rest of the plan is without it. */
  readonly undecided?: { readonly facts: readonly string[]; readonly resources: readonly string[] };
  readonly polls: readonly PollCost[];
  readonly computed: readonly string[];
  readonly write: readonly string[];
  readonly execute: readonly string[];
  /** How an image gets there, "by smp, on-update, …"; absent: not at all. */
  readonly firmware?: string;
}

export function mappingReports(loaded: LoadedConfig): readonly MappingReport[] {
  return [...loaded.mappings.values()].map((mapping) => reportOf(mapping, loaded));
}

function reportOf(mapping: LoadedMapping, { devices, links }: LoadedConfig): MappingReport {
  const { prepared } = mapping;
  const { source, tests, inheritedTests } = prepared.file;
  const users = devices.filter((device) => device.mapping === mapping.name);
  const plan = users[0] ?? exampleDevice(prepared, () => {})?.plan;
  return {
    mapping,
    ...(source === undefined ? {} : { source }),
    vectors: tests.length + inheritedTests.length,
    devices: users.map(({ id }) => id),
    ...(plan === undefined
      ? {}
      : { plan: planOf(plan, pollCosts(plan, prepared.adapter, links.get(plan.link)?.options)) }),
  };
}

function planOf(plan: DevicePlan, polls: readonly PollCost[]): MappingPlan {
  const all = [...plan.resources.values()];
  const titles = (chosen: (resource: ResourcePlan) => boolean): readonly string[] => all.filter(chosen).map(titleOf);
  const undecided = undecidedOf(plan);
  return {
    resources: all.length,
    notes: all.flatMap(noteOf),
    ...(undecided === undefined ? {} : { undecided }),
    polls,
    computed: titles(({ source }) => source.kind === "derived"),
    write: titles(({ source }) => isWritable(source)),
    execute: titles(({ source }) => source.kind === "execute"),
    ...(plan.firmware === undefined ? {} : { firmware: firmwareText(plan.firmware) }),
  };
}

function noteOf(resource: ResourcePlan): MappingPlan["notes"] {
  const { source } = resource;
  if ((source.kind !== "point" && source.kind !== "derived") || source.note === undefined) return [];
  return [{ resource: titleOf(resource), note: source.note }];
}

function undecidedOf({ resources, variants }: DevicePlan): MappingPlan["undecided"] {
  if (variants === undefined || variants.undecided.length === 0) return undefined;
  const facts = variants.facts.flatMap((point) => resources.get(point) ?? []).map(titleOf);
  return { facts, resources: variants.undecided.map(titleOf) };
}

function isWritable(source: ResourcePlan["source"]): source is PointSource {
  return source.kind === "point" && source.writable;
}

/** The same as JSON: times in milliseconds. */
export function asPlainReport({ mapping, plan, ...report }: MappingReport): unknown {
  const { name, file, extends: layers, hides } = mapping;
  return {
    mapping: name,
    file,
    extends: layers,
    ...(hides === undefined ? {} : { hides }),
    ...report,
    ...(plan === undefined ? {} : { plan }),
  };
}
