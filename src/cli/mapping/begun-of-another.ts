/** A mapping that begins as a copy of another one, or is laid over it. */
import type { PreparedMapping } from "../../mapping/prepare.ts";
import { nodeLines } from "../../yaml/node-text.ts";
import { yamlText } from "../../yaml-text.ts";
import { descriptionOf } from "./mapping-shelf.ts";
import { MARK } from "./skeleton-dialects.ts";

/** `text`: of the other one, whose comments stay. Nobody has compared the copy with a device. */
export function copyText(name: string, other: string, text: string): string {
  return [
    `# Begun as a copy of ${other}. ${MARK}: compare every line with the manual of this device, then take this line away.`,
    text
      .replace(/^mapping:.*$/m, `mapping: ${yamlText(name)}`)
      .replace(/^source: *field-verified\b/m, "source: from-manual"),
  ].join("\n");
}

export function extendingText(name: string, base: PreparedMapping): string {
  const { file, adapter } = base;
  const objects = file.objects.entries.map(({ key, value }) => [
    `#   ${key.text}:`,
    ...nodeLines(value, "     ").map((line) => `#${line}`),
  ]);
  const section =
    file.section === undefined
      ? []
      : [`# ${adapter.name}:`, ...nodeLines(file.section, "  ").map((line) => `# ${line}`)];
  return [
    `# What ${file.name} has (${file.file}), and what of it is other here.`,
    "format: 1",
    `mapping: ${yamlText(name)}`,
    `description: ${yamlText(`${descriptionOf(base) || file.name}, as ${name}`)}`,
    "source: from-manual",
    `extends: ${yamlText(file.name)}`,
    `protocol: ${adapter.name}`,
    "",
    `# ${MARK}: take the # from what differs, and change it; nothing behind a key takes it away (docs/mapping.md). In ${file.name}:`,
    ...section,
    "# objects:",
    ...objects.flat(),
    "",
  ].join("\n");
}
