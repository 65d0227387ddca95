/** Text as YAML that a person would write: plain where it can be, in quotes where it would be read as something else. */

/** What YAML reads as it is, also in a flow map. */
const PLAIN = /^[A-Za-z_/][\w./+-]*(?: [\w./+-]+)*$/;
/** What YAML 1.1 or 1.2 takes for another thing than text. */
const OTHER = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

export function yamlText(text: string): string {
  return PLAIN.test(text) && !OTHER.test(text) ? text : JSON.stringify(text);
}

/** `{ id: kitchen, mapping: z2m-climate }` */
export function flowMap(entries: Iterable<readonly [string, string]>): string {
  return `{ ${[...entries].map(([key, value]) => `${yamlText(key)}: ${value}`).join(", ")} }`;
}

/** What may stand behind a # of YAML, and on a terminal. */
export function commentText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ");
}

const LONGEST_ID = 40;

/** An id for `devices:` made of a name that somebody gave, which none of the others has. */
export function idOf(name: string, taken: Set<string>): string {
  const plain = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, LONGEST_ID);
  const base = plain === "" ? "device" : plain;
  let id = base;
  for (let number = 2; taken.has(id); number++) id = `${base}-${number}`;
  taken.add(id);
  return id;
}
