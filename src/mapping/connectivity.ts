/** `connectivity:` fills object 4 of a device (Core TS E.5): how it is connected, and how well. */
import { z } from "zod";
import { unknownWord } from "../yaml/issues.ts";
import { childOf, type MapEntry, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import { type Report, readNode, reportError } from "../yaml/read.ts";
import { scalar, singleEntry, withMade } from "./made-object.ts";
import type { StructureContext } from "./mapped-resource.ts";
import type { LinkFact } from "./plan-types.ts";
import type { MappedObject } from "./structure.ts";

/** What most links are, and the first that is a wire. */
const ETHERNET = 41;

/** Network Bearer (4/0/0). */
const BEARERS: Readonly<Record<string, number>> = {
  gsm: 0,
  wcdma: 2,
  "lte-tdd": 5,
  "lte-fdd": 6,
  "nb-iot": 7,
  wlan: 21,
  bluetooth: 22,
  "ieee802.15.4": 23,
  ethernet: ETHERNET,
  dsl: 42,
  plc: 43,
};
const source = z.union([z.string(), z.number(), z.record(z.string(), z.unknown())]).optional();

export const connectivitySchema = z.strictObject({
  bearer: z
    .union([z.string(), z.int().min(0).max(50)])
    .describe(`Network Bearer: ${Object.keys(BEARERS).join(", ")}, or its number; default: ethernet`)
    .optional(),
  rssi: source.describe("Radio Signal Strength in dBm: auto (what the link knows), or a source"),
  link_quality: source.describe("Link Quality: auto (what the link knows), or a source"),
  ip_address: source.describe("auto (the default: what the link knows), an address, or a source"),
  router: source.describe("The next hop: auto, an address, or a source"),
});

const OBJECT = 4;
const RESOURCE = { bearer: 0, available: 1, rssi: 2, linkQuality: 3, addresses: 4, routers: 5 } as const;

/** The objects with object 4 made or completed; what the mapping itself says of object 4 stands. */
export function withConnectivity(
  objects: readonly MappedObject[],
  connectivity: YamlNode | undefined,
  context: StructureContext,
): readonly MappedObject[] {
  if (connectivity === undefined) return objects;
  const entries = entriesOf(connectivity, context.report);
  return entries === undefined
    ? objects
    : withMade(objects, { id: OBJECT, place: connectivity.place, entries }, context);
}

/** All of the mandatory resources are there, whatever is said; undefined: the section is wrong. */
function entriesOf(section: YamlNode, report: Report): readonly MapEntry[] | undefined {
  if (readNode(section, connectivitySchema, report) === undefined) return undefined;
  const bearer = bearerOf(section, report);
  if (bearer === undefined) return undefined;
  const entry = (resource: number, value: YamlNode): MapEntry => ({
    key: scalar(section.place, String(resource)),
    value,
  });
  const read = (key: string, fact: LinkFact, otherwise?: YamlNode): YamlNode | undefined => {
    const written = childOf(section, key);
    return written === undefined ? otherwise : sourceOf(written, fact);
  };
  const link = (fact: LinkFact): YamlNode => singleEntry("link", scalar(section.place, fact));
  // A wire has no strength of a signal, but the resource is mandatory.
  const wired = Number(bearer.text) >= ETHERNET;
  const rssi = read("rssi", "rssi", wired ? singleEntry("const", scalar(section.place, "0")) : link("rssi"));
  const optional = [
    [RESOURCE.rssi, rssi],
    [RESOURCE.linkQuality, read("link_quality", "link_quality")],
    [RESOURCE.addresses, read("ip_address", "address", link("address"))],
    [RESOURCE.routers, read("router", "router")],
  ] as const;
  return [
    entry(RESOURCE.bearer, singleEntry("const", bearer)),
    entry(RESOURCE.available, singleEntry("const", bearer)),
    ...optional.flatMap(([resource, value]) => (value === undefined ? [] : [entry(resource, value)])),
  ];
}

/** `auto` is what the link knows, any other scalar is the value, a map a source. */
function sourceOf(written: YamlNode, fact: LinkFact): YamlNode {
  if (written.kind !== "scalar") return written;
  return written.text === "auto" ? singleEntry("link", scalar(written.place, fact)) : singleEntry("const", written);
}

/** The number of the bearer; a `$name` is filled in later, and must be one. */
function bearerOf(section: YamlNode, report: Report): ScalarNode | undefined {
  const written = childOf(section, "bearer");
  if (written?.kind !== "scalar") return scalar(section.place, String(ETHERNET));
  const { text, place } = written;
  if (/^[0-9]+$/.test(text) || text.includes("$")) return written;
  const number = Object.hasOwn(BEARERS, text) ? BEARERS[text] : undefined;
  if (number !== undefined) return scalar(place, String(number));
  reportError(report, place, `bearer: ${unknownWord("bearer", text, Object.keys(BEARERS))}`, "LG206");
  return undefined;
}
