/** `identity:` fills object 3 of a device (Core TS E.4) and gives it a name that no other device has. */
import { z } from "zod";
import { unknownWord } from "../yaml/issues.ts";
import { childOf, isEmpty, type MapEntry, plainValue, type YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";
import { singleEntry, withMade } from "./made-object.ts";
import type { StructureContext } from "./mapped-resource.ts";
import type { MappedObject } from "./structure.ts";

const text = z.union([z.string(), z.record(z.string(), z.unknown())]).optional();

/** A text, or a source like that of a resource. */
export const identitySchema = z.strictObject({
  manufacturer: text,
  model: text,
  serial_number: text,
  firmware_version: text,
  device_type: text,
  hardware_version: text,
  software_version: text,
  mac: z.string().describe("MAC address: makes the device's name urn:dev:mac:…").optional(),
  pen: z
    .string()
    .describe("The maker's IANA enterprise number: with serial_number it makes the name urn:dev:os:…")
    .optional(),
});

const DEVICE_OBJECT = 3;

/** Resources of object 3 by key of `identity:`. */
const RESOURCES: ReadonlyMap<string, number> = new Map([
  ["manufacturer", 0],
  ["model", 1],
  ["serial_number", 2],
  ["firmware_version", 3],
  ["device_type", 17],
  ["hardware_version", 18],
  ["software_version", 19],
]);

/** The resource of object 3 that a key of `identity:` fills; undefined where it fills none. */
export function identityResource(key: string): number | undefined {
  return RESOURCES.get(key);
}

/** The key of `identity:` that fills a resource of object 3; undefined where none does. */
export function identityName(resource: number): string | undefined {
  return [...RESOURCES].find(([, id]) => id === resource)?.[0];
}

/** The objects with object 3 completed from `identity:`; what the mapping itself says of object 3 stands. */
export function withIdentity(
  objects: readonly MappedObject[],
  identity: YamlNode | undefined,
  context: StructureContext,
): readonly MappedObject[] {
  const entries = identityEntries(identity, context.report);
  if (identity === undefined || entries.length === 0) return objects;
  return withMade(objects, { id: DEVICE_OBJECT, place: identity.place, entries }, context);
}

/**
 * The device's own name as a URN (RFC 9039), where its identity holds a MAC address or EUI-64, or a serial number and the
 * enterprise number of who gave it, both in so many words: what is read from the device is known too late for a name.
 * Parameters are filled in. What cannot be is reported.
 */
export function deviceUrn(identity: YamlNode | undefined, report: Report): string | undefined {
  return macUrn(identity, report) ?? serialUrn(identity, report);
}

/** RFC 9039 §4.1: a MAC-48 is written as the EUI-64 that it maps to. */
function macUrn(identity: YamlNode | undefined, report: Report): string | undefined {
  const text = textOf(identity, "mac");
  if (text === undefined) return undefined;
  const bytes = /^(?:[0-9a-f]{2}[:-]?)+$/i.test(text) ? (text.toLowerCase().match(/[0-9a-f]{2}/g) ?? []) : [];
  if (bytes.length === 8) return `urn:dev:mac:${bytes.join("")}`;
  if (bytes.length === 6) return `urn:dev:mac:${[...bytes.slice(0, 3), "ff", "fe", ...bytes.slice(3)].join("")}`;
  wrong(
    identity,
    "mac",
    `expected a MAC address of 6 bytes or an EUI-64, e.g. 00:24:be:80:4f:f1, found "${text}"`,
    report,
  );
  return undefined;
}

/** RFC 9039 §4.4. A serial number with other characters than a URN has is none of it. */
function serialUrn(identity: YamlNode | undefined, report: Report): string | undefined {
  const pen = textOf(identity, "pen");
  const serial = textOf(identity, "serial_number");
  if (pen === undefined) return undefined;
  if (!/^[1-9][0-9]*$/.test(pen)) {
    wrong(identity, "pen", `expected the number that IANA gave the maker, e.g. 32473, found "${pen}"`, report);
    return undefined;
  }
  return serial !== undefined && /^[A-Za-z0-9.-]+$/.test(serial) ? `urn:dev:os:${pen}-${serial}` : undefined;
}

function wrong(identity: YamlNode | undefined, key: string, message: string, report: Report): void {
  const place = childOf(identity, key)?.place;
  if (place !== undefined) reportError(report, place, `${key}: ${message}`, "LG328");
}

function identityEntries(identity: YamlNode | undefined, report: Report): readonly MapEntry[] {
  if (identity === undefined || isEmpty(identity)) return [];
  if (identity.kind !== "map") {
    reportError(
      report,
      identity.place,
      "identity: expected a map, e.g. { manufacturer: Eastron, model: SDM630 }",
      "LG202",
    );
    return [];
  }
  const known = Object.keys(identitySchema.shape);
  const entries: MapEntry[] = [];
  for (const { key, value } of identity.entries) {
    const resource = RESOURCES.get(key.text);
    if (resource !== undefined) entries.push({ key: { ...key, text: String(resource) }, value: sourceOf(value) });
    else if (!known.includes(key.text)) reportError(report, key.place, unknownWord("key", key.text, known), "LG201");
    else if (value.kind !== "scalar") reportError(report, value.place, `${key.text}: expected text`, "LG202");
  }
  return entries;
}

/** `model: SDM630` is short for `{ const: SDM630 }`. */
function sourceOf(value: YamlNode): YamlNode {
  return value.kind === "scalar" ? singleEntry("const", value) : value;
}

function textOf(identity: YamlNode | undefined, key: string): string | undefined {
  const value = childOf(identity, key);
  return value?.kind === "scalar" && plainValue(value) !== null ? value.text : undefined;
}
