/** The parameters of one device: every one of its mapping, with its value. */
import { createHash } from "node:crypto";
import type { Place } from "../errors.ts";
import { unknownWord } from "../yaml/issues.ts";
import type { MapEntry, ScalarNode, YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";
import type { MappingFile, Parameter } from "./load.ts";
import { readParameter } from "./parameters.ts";
import type { Scope } from "./substitute.ts";

export interface GivenParameters {
  /** The device's id and place, for sentences. */
  readonly id: string;
  readonly place: Place;
  readonly parameters: readonly MapEntry[];
}

/** Every parameter of the mapping with its value; keys of the entry that name none are reported. */
export function readScope(file: MappingFile, entry: GivenParameters, report: Report): Scope | undefined {
  const scope = new Map<string, ScalarNode | "absent">();
  const given = new Map(entry.parameters.map((parameter) => [parameter.key.text, parameter]));
  for (const [name, parameter] of file.parameters) {
    const value = parameterValue(name, parameter, given.get(name)?.value, { entry, report });
    if (value !== undefined) scope.set(name, value);
  }
  for (const [name, { key }] of given) {
    if (!file.parameters.has(name))
      reportError(report, key.place, unknownWord("key", name, file.parameters.keys()), "LG201");
  }
  return scope.size < file.parameters.size ? undefined : scope;
}

function parameterValue(
  name: string,
  { spec, defaultNode }: Parameter,
  given: YamlNode | undefined,
  { entry, report }: { readonly entry: GivenParameters; readonly report: Report },
): ScalarNode | undefined | "absent" {
  const node = given ?? defaultNode;
  if (node !== undefined) return readParameter(name, spec, node, report);
  if (spec.optional === true) return "absent";
  const range = spec.range === undefined ? "" : ` from ${spec.range.join(" to ")}`;
  reportError(report, entry.place, `the device "${entry.id}" needs "${name}" (${spec.type}${range})`, "LG320");
  return undefined;
}

/** The values of these parameters as text: equal text, equal values. */
export function scopeText(scope: Scope, names: Iterable<string> = scope.keys()): string {
  const wanted = new Set(names);
  if (wanted.size === 0) return "";
  const values = [...scope]
    .filter(([name]) => wanted.has(name))
    .map(([name, value]) => [name, value === "absent" ? null : shownText(value)]);
  return JSON.stringify(values);
}

/** A secret is told by its hash alone. */
function shownText({ text, secret }: ScalarNode): string {
  return secret === true ? createHash("sha256").update(text).digest("hex") : text;
}
