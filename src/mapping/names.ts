/** Objects and resources by the registry's name or by ID. */
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import { didYouMean } from "../yaml/issues.ts";
import { childOf, describeNode, type MapNode, type ScalarNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";
import { CORE_RESOURCE_KEYS } from "./keys.ts";

export interface NamesContext {
  readonly catalogue: ObjectCatalogue;
  readonly report: Report;
}

/** What stands beside the resources of an object. */
export const OBJECT_KEYS: ReadonlySet<string> = new Set(["version", "defaults", "when", "import"]);

/** What stands beside the resources of one instance. */
export const INSTANCE_KEYS: ReadonlySet<string> = new Set(["when"]);

/** The object that a key names; undefined where there is none, which was reported. */
export function objectId(key: ScalarNode, { catalogue, report }: NamesContext): number | undefined {
  const { text, place } = key;
  if (/^[0-9]+$/.test(text)) {
    if (catalogue.find(Number(text)) !== undefined) return Number(text);
    reportError(
      report,
      place,
      `object ${text} is not in the registry: name its definition (XML) in gateway.objects`,
      "LG311",
    );
    return undefined;
  }
  const ids = catalogue.byName(text);
  if (ids.length === 1) return ids[0];
  const [near] = catalogue.nearest(text);
  const message =
    ids.length > 1
      ? `"${text}" is the name of the objects ${ids.join(" and ")}: write the ID`
      : `the registry has no object "${text}"${near === undefined ? "" : `; did you mean "${near}"?`}`;
  reportError(report, place, message, "LG311");
  return undefined;
}

/** The definition that `version:` asks for; undefined where it is not given. */
export function pinnedVersion(
  id: number,
  node: MapNode,
  context: NamesContext,
): ObjectDefinition | "wrong" | undefined {
  const version = childOf(node, "version");
  if (version === undefined) return undefined;
  const text = version.kind === "scalar" ? version.text : describeNode(version);
  const definition = context.catalogue.find(id, text);
  if (definition !== undefined) return definition;
  const have = context.catalogue.versions(id).join(", ");
  reportError(context.report, version.place, `object ${id} has no version ${text} (have: ${have})`, "LG311");
  return "wrong";
}

/** Newest first: a name is looked for where most users know it from. */
export function versionsOf(id: number, catalogue: ObjectCatalogue): readonly ObjectDefinition[] {
  return catalogue
    .versions(id)
    .map((version) => catalogue.find(id, version))
    .filter((definition) => definition !== undefined)
    .reverse();
}

/** The ID behind a name or an ID; `candidates` are the versions to look in. Undefined: reported. */
export function resourceId(
  name: string,
  key: ScalarNode,
  candidates: readonly ObjectDefinition[],
  { catalogue, report }: NamesContext,
): number | undefined {
  const [newest] = candidates;
  if (newest === undefined) return undefined;
  const title = `object ${newest.id} (${newest.name.trim()})`;
  if (/^[0-9]+$/.test(name)) {
    if (candidates.some(({ resources }) => resources.has(Number(name)))) return Number(name);
    reportError(report, key.place, `${title} has no resource ${name}`, "LG311");
    return undefined;
  }
  for (const definition of candidates) {
    const found = catalogue.resourceByName(definition, name);
    if (found.length === 1) return found[0]?.id;
    if (found.length > 1) {
      const ids = found.map(({ id }) => id).join(" and ");
      reportError(report, key.place, `${title} has the name "${name}" more than once (${ids}): write the ID`, "LG311");
      return undefined;
    }
  }
  const [near] = catalogue.nearestResource(newest, name);
  const hint = near === undefined ? keyHint(name) : `; did you mean "${near}"?`;
  reportError(report, key.place, `${title} has no resource "${name}"${hint}`, "LG311");
  return undefined;
}

/** `as:` one level too high is a common slip. */
function keyHint(name: string): string {
  if (CORE_RESOURCE_KEYS.includes(name)) return `: "${name}" stands beside a resource's source, or in \`defaults:\``;
  return didYouMean(name, OBJECT_KEYS);
}
