/** What the link knows of a device's connection, as values of object 4 (Core TS E.5). */
import type { Connectivity } from "../adapter.ts";
import { pathParts } from "../lwm2m/path.ts";
import type { Value } from "../lwm2m/sample.ts";
import type { LinkFact } from "../mapping/plan-types.ts";
import type { DeviceModel } from "./device-model.ts";
import type { FixedValue } from "./fixed-values.ts";

/** No address is known: "this host" (RFC 1122 §3.2.1.3), since IP Addresses is mandatory. */
const NO_ADDRESS = "0.0.0.0";

/** Before the link has said anything. */
export const UNKNOWN: Connectivity = { addresses: [NO_ADDRESS] };

/** A leaf that tells something of the link. */
interface LinkLeaf {
  readonly at: number;
  readonly fact: LinkFact;
  /** Which one, where there may be several. */
  readonly nth: number;
}

/** What is said of the radio is another thing with each message: where it goes is found once. */
const leavesOf = new WeakMap<DeviceModel, readonly LinkLeaf[]>();

/** The values of the leaves that tell it; of what is not known there is none. */
export function linkValues(model: DeviceModel, connectivity: Connectivity): FixedValue[] {
  const leaves = leavesOf.get(model) ?? linkLeaves(model);
  leavesOf.set(model, leaves);
  const values: FixedValue[] = [];
  for (const { at, fact, nth } of leaves) {
    const value = known(fact, connectivity, nth);
    if (value !== undefined) values.push({ at, value });
  }
  return values;
}

function linkLeaves({ leaves }: DeviceModel): readonly LinkLeaf[] {
  return leaves.flatMap(({ source, path }, at) =>
    source.kind === "link" ? [{ at, fact: source.fact, nth: pathParts(path).resourceInstance ?? 0 }] : [],
  );
}

function known(
  fact: LinkFact,
  { addresses, routers, rssi, linkQuality }: Connectivity,
  nth: number,
): Value | undefined {
  switch (fact) {
    case "address":
      return addresses?.[nth];
    case "router":
      return routers?.[nth];
    case "rssi":
      return rssi;
    case "link_quality":
      return linkQuality;
  }
}
