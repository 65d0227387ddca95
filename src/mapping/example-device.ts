import type { MapEntry, ScalarNode, YamlNode } from "../yaml/nodes.ts";
import type { Report } from "../yaml/read.ts";
import { exampleValue } from "./parameters.ts";
import type { PreparedMapping } from "./prepare.ts";
import { type ResolvedDevice, resolveWithNodes } from "./resolve.ts";

/**
 * A device of this mapping that nobody has: every parameter with its default, or the plainest value of its type, or what
 * `params` gives. Undefined where the mapping is wrong; that was reported.
 */
export function exampleDevice(mapping: PreparedMapping, report: Report, params?: YamlNode): ResolvedDevice | undefined {
  const { file } = mapping;
  const { place } = file.root;
  // A key that a vector has is known to everybody, and none of the user's.
  const given = (params?.kind === "map" ? params.entries : []).map((entry): MapEntry => {
    const isSecret = file.parameters.get(entry.key.text)?.spec.type === "secret";
    return isSecret && entry.value.kind === "scalar" ? { ...entry, value: { ...entry.value, secret: true } } : entry;
  });
  const names = new Set(given.map(({ key }) => key.text));
  const examples = [...file.parameters]
    .filter(([name, { defaultNode, spec }]) => !names.has(name) && defaultNode === undefined && spec.optional !== true)
    .map(([name, { spec }]): MapEntry => {
      const scalar = (text: string): ScalarNode => ({ kind: "scalar", place, text, quoted: false });
      const value = scalar(exampleValue(name, spec));
      return { key: scalar(name), value: spec.type === "secret" ? { ...value, secret: true } : value };
    });
  return resolveWithNodes(
    mapping,
    { id: "example", place, link: "example", parameters: [...given, ...examples] },
    report,
  );
}
