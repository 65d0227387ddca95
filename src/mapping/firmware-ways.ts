/** The words behind `via:`: the ways of a protocol, and those that need none. */
import type { AdapterModule, FirmwareWay } from "../adapter.ts";
import { unknownWord } from "../yaml/issues.ts";
import type { ScalarNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";
import { execWay } from "./exec-way.ts";

/** Ways that the gateway has by itself, for devices of any protocol. */
export const CORE_WAYS: Readonly<Record<string, FirmwareWay>> = {
  exec: execWay,
};

/** All that a device of this protocol can have. */
export function waysOf({ firmware = {} }: Pick<AdapterModule, "firmware">): ReadonlyMap<string, FirmwareWay> {
  return new Map([...Object.entries(CORE_WAYS), ...Object.entries(firmware)]);
}

/** The way that a mapping names; undefined: there is none, which was reported. */
export function wayOf(via: ScalarNode, adapter: AdapterModule, report: Report): FirmwareWay | undefined {
  const ways = waysOf(adapter);
  const way = ways.get(via.text);
  if (way !== undefined) return way;
  const isWithout = Object.keys(adapter.firmware ?? {}).length === 0;
  const why = isWithout ? `; no image gets to a device by ${adapter.name} itself in this version` : "";
  reportError(report, via.place, `via: ${unknownWord("way", via.text, ways.keys())}${why}`, "LG334");
  return undefined;
}
