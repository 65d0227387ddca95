/** `{…}` in an expression: another resource of the same mapping, by path, or by name or ID in the same object instance. */
import { slug } from "../lwm2m/objects/slug.ts";
import type { ResourceType } from "../lwm2m/sample.ts";
import { didYouMean } from "../yaml/issues.ts";
import type { Type } from "./expression/types.ts";
import { TYPE_NAMES } from "./lwm2m-type.ts";
import { type MappedResource, titleOf } from "./mapped-resource.ts";
import type { ResourceIdentity } from "./plan-types.ts";

export type Reference = { readonly key: string; readonly type: Type } | { readonly wrong: string };

/** Finds what the text between the braces means; `key` is its point. */
export function findReference(
  text: string,
  from: Pick<ResourceIdentity, "object" | "instance">,
  resources: readonly MappedResource[],
): Reference {
  const [, name = text, index] = /^(.*?)\[([0-9]+)\]$/.exec(text) ?? [];
  const found = text.startsWith("/")
    ? resources.filter(({ point }) => point === pointOf(text) || point === `${pointOf(text)}/0`)
    : resources.filter(
        (resource) => isCalled(resource, name, from) && (resource.resourceInstance ?? 0) === Number(index ?? 0),
      );
  const [first] = found;
  // One that is written as a list stands here several times.
  const second = found.find(({ point }) => point !== first?.point);
  if (first === undefined) return { wrong: notFound(text, from, resources) };
  if (second !== undefined)
    return { wrong: `{${text}} is the name of several resources: write {/${first.point}} or {/${second.point}}` };
  return referenceTo(first);
}

/** "/3303/0/5700" as a point, however its numbers are written. */
function pointOf(path: string): string {
  return path
    .slice(1)
    .split("/")
    .map((id) => (/^[0-9]+$/.test(id) ? String(Number(id)) : id))
    .join("/");
}

function isCalled(
  { object, instance, resource, definition }: MappedResource,
  name: string,
  from: Pick<ResourceIdentity, "object" | "instance">,
): boolean {
  if (object !== from.object || instance !== from.instance) return false;
  return String(resource) === name || slug(definition.name) === name;
}

function referenceTo(resource: MappedResource): Reference {
  const { type } = resource.definition;
  const title = titleOf(resource);
  if (type === undefined) return { wrong: `${title} is executable: it has no value` };
  const ours = TYPES[type];
  if (ours === undefined) return { wrong: `${title} is ${TYPE_NAMES[type]}: nothing can be computed with it` };
  return { key: resource.point, type: ours };
}

const TYPES: Readonly<Record<ResourceType, Type | undefined>> = {
  string: "text",
  corelnk: "text",
  integer: "number",
  unsigned: "number",
  time: "number",
  float: "number",
  boolean: "truth",
  opaque: undefined,
  objlnk: undefined,
};

function notFound(
  text: string,
  from: Pick<ResourceIdentity, "object" | "instance">,
  resources: readonly MappedResource[],
): string {
  const paths = resources.map(({ point }) => `/${point}`);
  if (text.startsWith("/")) return `this mapping has no resource ${text}${didYouMean(text, paths)}`;
  if (paths.includes(`/${pointOf(`/${text}`)}`)) return `{${text}}: a path begins with a slash: {/${text}}`;
  const siblings = resources.filter(({ object, instance }) => object === from.object && instance === from.instance);
  const elsewhere = resources.find(({ definition }) => slug(definition.name) === text);
  const names = siblings.map(({ definition }) => slug(definition.name));
  const hint = elsewhere === undefined ? didYouMean(text, names) : `; elsewhere there is {/${elsewhere.point}}`;
  return `/${from.object}/${from.instance} has no resource "${text}" in this mapping${hint}`;
}
