/** What the demo server knows of one registered client and of the devices behind it. */
import type { Millis, UnixMillis } from "../src/clock.ts";
import { type CoreLink, linkPath } from "../src/lwm2m/formats/link-format.ts";
import { catalogue } from "../src/lwm2m/objects/index.ts";
import { type Path, pathParts } from "../src/lwm2m/path.ts";
import type { Value } from "../src/lwm2m/sample.ts";

/** A value as it arrived. */
export interface Received {
  readonly value: Value;
  /** When it was measured, where the message said so; else when it arrived. */
  readonly time: UnixMillis;
}

/** One device behind a client: one instance of object 25. */
export interface DeviceBehind {
  /** Instance of object 25. */
  readonly instance: number;
  readonly id: string;
  readonly prefix: string;
  readonly links: readonly CoreLink[];
}

export interface Client {
  readonly endpoint: string;
  /** host:port that it was last heard from. */
  peer: string;
  /** Second segment of its Location-Path. */
  readonly location: string;
  readonly version: string;
  /** Seconds. */
  lifetime: number;
  /** When it registered, or was last updated: on the monotonic clock. */
  heard: Millis;
  links: readonly CoreLink[];
  /** By prefix. */
  devices: ReadonlyMap<string, DeviceBehind>;
  readonly values: Map<Path, Received>;
  /** What is observed, each with the function that ends it. */
  readonly observed: Map<Path, () => void>;
}

/** The object instances of a list of links, under a prefix. */
export function instancePaths(links: readonly CoreLink[], prefix: string): Path[] {
  return links.flatMap((link) => {
    const path = linkPath(link, prefix);
    return path !== undefined && pathParts(path).instance !== undefined ? [path] : [];
  });
}

/** The registry's words for a resource: "Tension R" in "V". */
export function describeResource(path: Path): { readonly name: string; readonly unit: string } {
  const { object = -1, resource = -1, resourceInstance } = pathParts(path);
  const definition = catalogue.find(object)?.resources.get(resource);
  const suffix = resourceInstance === undefined ? "" : ` [${resourceInstance}]`;
  return { name: `${definition?.name ?? `resource ${resource}`}${suffix}`, unit: definition?.unit ?? "" };
}
