/** A resource that a device delivers: source keys for the adapter, conversion for the core. */

import { isDeepStrictEqual } from "node:util";
import { notAllowed } from "../lwm2m/refusals.ts";
import { childOf, type MapNode, type YamlNode } from "../yaml/nodes.ts";
import { readNode, reportError, toPlainMap } from "../yaml/read.ts";
import { accessOf } from "./access.ts";
import type { ByteOrder, Conversion } from "./conversion-types.ts";
import { CORE_RESOURCE_KEYS, type ResourceKeys, resourceKeys } from "./keys.ts";
import type { PointSource, Poll } from "./plan-types.ts";
import type { DeviceContext, ResolvableResource } from "./resource.ts";
import { convert } from "./resource-conversion.ts";
import { fastestOf, pollOf } from "./schedule.ts";

export function resolvePoint(
  source: string,
  resource: ResolvableResource,
  context: DeviceContext,
): PointSource | undefined {
  const core = coreOf(source, resource, context);
  const poll = readPoll(core?.unasked === true, resource, context);
  if (core === undefined || poll === undefined) return undefined;
  const point = readPoint(core, resource, context);
  if (point === undefined) return undefined;
  if (!core.source.readable) return shared(resource.node, { ...core.source, point: point.parsed, poll: "never" });
  if (poll === "unasked") return shared(resource.node, { ...core.source, point: point.parsed, poll });
  const fastest = fastestOf(poll, context.groups);
  return shared(resource.node, { ...core.source, point: point.parsed, poll, fastest });
}

/** Of each node, what was made of it last. */
const sources = new WeakMap<MapNode, PointSource>();

/** The source of the device before where it is the same: a hundred devices of a type would else have as many of each. */
function shared(node: MapNode, source: PointSource): PointSource {
  const known = sources.get(node);
  if (known !== undefined && isDeepStrictEqual(known, source)) return known;
  sources.set(node, source);
  return source;
}

/** What does not depend on the device: the keys of the core, and the conversion made of them. */
interface Core {
  readonly keys: ResourceKeys;
  readonly order: ByteOrder | undefined;
  /** Bytes on the wire. */
  readonly length?: number;
  readonly unasked: boolean;
  readonly source: Omit<PointSource, "point" | "poll" | "fastest">;
}

/** Devices of one mapping share the nodes without parameters, and so what was made of them. */
const cores = new WeakMap<MapNode, Core>();

function coreOf(source: string, resource: ResolvableResource, context: DeviceContext): Core | undefined {
  const known = cores.get(resource.node);
  if (known !== undefined && known.order === context.order) return known;
  const core = makeCore(source, resource, context);
  if (core !== undefined) cores.set(resource.node, core);
  return core;
}

function makeCore(source: string, resource: ResolvableResource, context: DeviceContext): Core | undefined {
  const { node } = resource;
  const ownKeys = node.entries.filter(({ key }) => CORE_RESOURCE_KEYS.includes(key.text));
  const keys = readNode({ ...node, entries: ownKeys }, resourceKeys, context.report);
  if (keys === undefined) return undefined;
  const rest = node.entries.filter(({ key }) => !CORE_RESOURCE_KEYS.includes(key.text));
  const shape = context.adapter.shape(toPlainMap({ ...node, entries: rest }));
  const access = accessOf({ source, keys, shape }, resource, context);
  const conversion = convert(keys, shape, resource, { context, writable: access?.writable ?? false });
  if (access === undefined || conversion === undefined) return undefined;
  const { length } = conversion;
  return {
    keys,
    order: context.order,
    ...(length === undefined ? {} : { length }),
    unasked: shape.unasked === true || keys.read === "last",
    source: { kind: "point", ...access, ...reportingOf(keys), ...functionsOf(conversion) },
  };
}

export function reportingOf({
  deadband,
  max_age: maxAge,
  monotonic,
}: ResourceKeys): Pick<PointSource, "reporting" | "counts"> {
  const counts = monotonic !== undefined && monotonic !== false;
  const reporting = {
    ...(deadband === undefined ? {} : { deadband }),
    ...(maxAge === undefined ? {} : { maxAge }),
  };
  return { ...(Object.keys(reporting).length === 0 ? {} : { reporting }), ...(counts ? { counts } : {}) };
}

function functionsOf(
  conversion: Conversion,
): Pick<PointSource, "note" | "simulate" | "looksBack" | "toValue" | "explain" | "toRaw"> {
  return {
    ...(conversion.note === undefined ? {} : { note: conversion.note }),
    simulate: (seed) => conversion.simulate(seed),
    ...(conversion.looksBack ? { looksBack: true } : {}),
    toValue: (raw, history) => conversion.toValue(raw, history),
    explain: (raw) => conversion.explain(raw),
    toRaw: (value) => {
      if (conversion.toRaw === undefined) throw notAllowed("this resource cannot be written");
      return conversion.toRaw(value);
    },
  };
}

function readPoll(
  unasked: boolean,
  { node }: ResolvableResource,
  { adapter, groups, report }: DeviceContext,
): Poll | undefined {
  const written = childOf(node, "poll");
  if (unasked) {
    if (written === undefined) return "unasked";
    const why = childOf(node, "read") === undefined ? "the device tells this by itself" : "the device is not asked";
    reportError(report, written.place, `${why}: "poll" has no meaning here`, "LG210");
    return undefined;
  }
  const fallback = adapter.polled ? "normal" : "never";
  const poll = pollOf(written?.kind === "scalar" ? written.text : fallback, groups);
  if (typeof poll === "string" || "every" in poll) return poll;
  reportError(report, written?.place ?? node.place, poll.wrong, "LG326");
  return undefined;
}

const CORE_ONLY: ReadonlySet<string> = new Set(CORE_RESOURCE_KEYS);
const ALL_BUT_WRITE: ReadonlySet<string> = new Set(CORE_RESOURCE_KEYS.filter((key) => key !== "write"));

/** `write: { expr: … }` is the core's: to the adapter that is `write: true`. */
function withoutWriteExpr(node: MapNode): MapNode {
  const write = childOf(node, "write");
  if (write?.kind !== "map" || childOf(write, "expr") === undefined) return node;
  const rest = write.entries.filter(({ key }) => key.text !== "expr");
  const value: YamlNode =
    rest.length > 0 ? { ...write, entries: rest } : { kind: "scalar", place: write.place, text: "true", quoted: false };
  return { ...node, entries: node.entries.map((entry) => (entry.key.text === "write" ? { ...entry, value } : entry)) };
}

interface ReadPoint {
  readonly core: Core;
  readonly device: unknown;
  readonly parsed: unknown;
}

/** Of each node, what the adapter made of it last: devices with the same section share it, as meters with a link each do. */
const points = new WeakMap<MapNode, ReadPoint>();

/** The adapter's own reading of the source keys. */
function readPoint(
  core: Core,
  { node }: ResolvableResource,
  { adapter, device, report }: DeviceContext,
): Pick<ReadPoint, "parsed"> | undefined {
  // Its section is wrong, which was reported: what is a fault of the address nobody can tell.
  if (device === undefined) return { parsed: undefined };
  const known = points.get(node);
  if (known?.core === core && isDeepStrictEqual(known.device, device)) return known;
  const {
    length,
    source: { writable },
  } = core;
  let wrong = false;
  const parsed = readNode(
    withoutWriteExpr(node),
    adapter.point,
    (problem) => {
      wrong = true;
      report(problem);
    },
    {
      without: writable ? ALL_BUT_WRITE : CORE_ONLY,
      extra: { device, ...(length === undefined ? {} : { length }) },
      alsoKnown: CORE_RESOURCE_KEYS,
    },
  );
  if (wrong) return undefined;
  const read = { core, device, parsed };
  points.set(node, read);
  return read;
}
