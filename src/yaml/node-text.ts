/** Nodes as YAML again: for what was put together of several files. Comments are not there any more. */
import type { ScalarNode, YamlNode } from "./nodes.ts";

/** What is longer stands in a block. */
const WIDTH = 110;

/** Lines without line breaks. */
export function nodeLines(node: YamlNode, indent = ""): readonly string[] {
  const flow = flowText(node);
  if (indent !== "" && indent.length + flow.length <= WIDTH) return [`${indent}${flow}`];
  switch (node.kind) {
    case "scalar":
      return [`${indent}${flow}`];
    case "list":
      return node.items.flatMap((item) => {
        const [first = "", ...others] = nodeLines(item, `${indent}  `);
        return [`${indent}- ${first.trimStart()}`, ...others];
      });
    case "map":
      return node.entries.flatMap(({ key, value }) => {
        const [name, text] = [scalarText(key), flowText(value)];
        if (value.kind === "scalar" || indent.length + name.length + text.length + 2 <= WIDTH)
          return [`${indent}${name}: ${text}`.trimEnd()];
        return [`${indent}${name}:`, ...nodeLines(value, `${indent}  `)];
      });
  }
}

function flowText(node: YamlNode): string {
  switch (node.kind) {
    case "scalar":
      return scalarText(node);
    case "list":
      return `[${node.items.map(flowText).join(", ")}]`;
    case "map":
      if (node.entries.length === 0) return "{}";
      return `{ ${node.entries.map(({ key, value }) => `${scalarText(key)}: ${flowText(value)}`).join(", ")} }`;
  }
}

/** What a plain scalar may hold wherever it stands; other texts are no numbers, so quotes change nothing of them. */
const PLAIN = /^[\w./$()+-][\w./$()+ -]*$/;

function scalarText({ text, quoted, tag }: ScalarNode): string {
  const isPlain = !quoted && (text === "" || PLAIN.test(text));
  return [...(tag === undefined ? [] : [tag]), isPlain ? text : JSON.stringify(text)].join(" ");
}
