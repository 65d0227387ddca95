/**
 * The lists of objects that we send: Register and Update (Core 1.2 §6.2.1, §7.2.2; Transport 1.2 §6.4.1), Discover
 * (Core 1.2 §6.3.2), and /25/x/3 (Gateway TS 1.1 §8.2).
 */
import type { AttributeStore } from "./attribute-store.ts";
import { attributeEntries } from "./attributes.ts";
import { CONTENT_FORMAT } from "./formats/codec.ts";
import { codecFor } from "./formats/index.ts";
import { type CoreLink, encodeLinks, treeLink } from "./formats/link-format.ts";
import { formatDecimal } from "./formats/value.ts";
import { announcedVersion, impliedVersion, type Lwm2mVersion } from "./objects/versions.ts";
import type { DiscoverOperation } from "./operation.ts";
import { LEVEL, makePath, pathDepth, pathParts } from "./path.ts";
import { PROTECTED_OBJECTS } from "./refusals.ts";
import type { Link, ObjectTree } from "./tree.ts";

export interface RegisterParameters {
  readonly endpoint: string;
  /** Seconds; 0 never ends. */
  readonly lifetime: number;
  readonly version: Lwm2mVersion;
  /** Letters, e.g. "U". */
  readonly binding: string;
  readonly queueMode: boolean;
}

/** A tree, as far as its objects are listed. */
export type Listed = Pick<ObjectTree, "prefix" | "discover">;

const VERSIONS: readonly Lwm2mVersion[] = ["1.0", "1.1", "1.2"];

/** The Uri-Query arguments of a Register, e.g. `ep=gw-1`, `lt=300`, `lwm2m=1.2`, `b=U`. */
export function registerQuery({ endpoint, lifetime, version, binding, queueMode }: RegisterParameters): string[] {
  return [`ep=${endpoint}`, `lt=${lifetime}`, `lwm2m=${version}`, ...bindingQuery(binding, queueMode, version)];
}

/** `b=U`, `Q`. In 1.0 queue mode is a letter of the binding; later it is a flag without value, and a value would be an error. */
export function bindingQuery(binding: string, queueMode: boolean, version: Lwm2mVersion): string[] {
  if (version === "1.0") return [`b=${binding}${queueMode ? "Q" : ""}`];
  return [`b=${binding}`, ...(queueMode ? ["Q"] : [])];
}

/**
 * The payload of a Register or Update, Content-Format 40: the gateway's own objects and instances. Never what lies under a
 * prefix (Gateway TS 1.1 §6), and never an object that only bootstrap may see. Throws RangeError for a prefixed tree.
 */
export function registerPayload(tree: Listed, version: Lwm2mVersion): string {
  if (tree.prefix !== "") throw new RangeError(`objects of prefix "${tree.prefix}" are never registered`);
  const links = objectList(tree, (object, own) => announcedVersion(version, object, own));
  return encodeLinks([rootLink(version), ...links], { quotedVersion: version === "1.0" });
}

/**
 * /25/x/3: the objects and instances of a device, without its prefix. Servers of every version read it, so each version is
 * named that not all of them imply.
 */
export function deviceObjectLinks(tree: Listed): string {
  const everywhere = (object: number, own: string): string | undefined =>
    VERSIONS.every((version) => impliedVersion(version, object) === own) ? undefined : own;
  return encodeLinks(objectList(tree, everywhere));
}

/** The payload of the answer to a Discover, Content-Format 40, with the attributes of the server that asks. */
export function discoverPayload(
  tree: ObjectTree,
  { path: target, depth }: Pick<DiscoverOperation, "path" | "depth">,
  attributes: Pick<AttributeStore, "forDiscover">,
  version: Lwm2mVersion,
): string {
  const links = tree.discover(target, depth).map((link) => {
    const shown = attributeEntries(attributes.forDiscover(link.path, target));
    return treeLink(
      announced(link, version),
      shown.map(([name, value]) => [name, formatDecimal(value)] as const),
    );
  });
  return encodeLinks(links, { quotedVersion: version === "1.0" });
}

/** Only optional formats need to be named; version 1.0 knew none but its own JSON. */
function rootLink(version: Lwm2mVersion): CoreLink {
  const parameters = new Map<string, string>([["rt", "oma.lwm2m"]]);
  const formats = optionalFormats(version).filter((format) => codecFor(format) !== undefined);
  if (formats.length > 0) parameters.set("ct", formats.join(" "));
  return { target: "/", parameters };
}

function optionalFormats(version: Lwm2mVersion): readonly number[] {
  const { cbor, senmlJson, senmlCbor, tlv, lwm2mJson, lwm2mCbor } = CONTENT_FORMAT;
  switch (version) {
    case "1.0":
      return [lwm2mJson];
    case "1.1":
      return [cbor, senmlJson, senmlCbor, tlv];
    case "1.2":
      return [cbor, senmlJson, senmlCbor, tlv, lwm2mCbor];
  }
}

/** An object stands there itself where it has no instance, or a version to announce. */
function objectList(tree: Listed, versionOf: (object: number, own: string) => string | undefined): CoreLink[] {
  const links = tree.discover(makePath({ prefix: tree.prefix }), LEVEL.instance).filter((link) => !isProtected(link));
  const inhabited = new Set(links.map(({ path }) => pathParts(path)).flatMap(objectOfInstance));
  return links.flatMap((link) => {
    if (pathDepth(link.path) !== LEVEL.object) return [treeLink(link)];
    const { object = -1 } = pathParts(link.path);
    const version = link.version === undefined ? undefined : versionOf(object, link.version);
    if (version !== undefined) return [treeLink({ path: link.path, version })];
    return inhabited.has(object) ? [] : [treeLink({ path: link.path })];
  });
}

function objectOfInstance({ object, instance }: { object?: number; instance?: number }): number[] {
  return object === undefined || instance === undefined ? [] : [object];
}

/** MQTT Server, object 24, is forgotten in the exclusions of Core 1.2 §6.2.1, and as secret as the others. */
const MQTT_SERVER = 24;

function isProtected({ path }: Link): boolean {
  const { object = -1 } = pathParts(path);
  return PROTECTED_OBJECTS.has(object) || object === MQTT_SERVER;
}

/** Without a version that this version of LwM2M implies. */
function announced(link: Link, lwm2m: Lwm2mVersion): Link {
  const { version, ...rest } = link;
  if (version === undefined) return link;
  const ver = announcedVersion(lwm2m, pathParts(link.path).object ?? -1, version);
  return ver === undefined ? rest : { ...rest, version: ver };
}
