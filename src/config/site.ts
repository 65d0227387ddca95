/** `site.yaml`: what differs from site to site, filled in wherever a configuration says `$site.name`. */
import { ConfigError, systemCode } from "../errors.ts";
import { didYouMean } from "../yaml/issues.ts";
import { childOf, describeNode, type MapEntry, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import { parseYaml } from "../yaml/parse.ts";
import { type Report, reportError } from "../yaml/read.ts";
import { readText } from "./files.ts";

export interface Site {
  readonly file: string;
  /** Absent where there is no such file. */
  readonly values?: ReadonlyMap<string, YamlNode>;
}

/** Where a configuration's site.yaml is said to be: the scalar behind `gateway.site`. */
export function siteFile(root: YamlNode | undefined): ScalarNode | undefined {
  const site = childOf(childOf(root, "gateway"), "site");
  return site?.kind === "scalar" && site.text !== "" ? site : undefined;
}

/** Reads it; what is wrong is reported. `wanted`: whether it is an error that there is no such file. */
export async function readSite(file: string, wanted: ScalarNode | undefined, report: Report): Promise<Site> {
  try {
    const root = parseYaml(await readText(file), file);
    if (root.kind === "map") return { file, values: siteValues(root.entries, report) };
    if (describeNode(root) === "nothing") return { file, values: new Map() };
    reportError(report, root.place, `expected a map of names and values, found ${describeNode(root)}`, "LG205");
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const isThere = systemCode(error.cause) !== "ENOENT";
    for (const problem of error.problems) {
      if (isThere || wanted !== undefined)
        report({ ...(wanted === undefined ? {} : { place: wanted.place }), ...problem });
    }
  }
  return { file };
}

function siteValues(entries: readonly MapEntry[], report: Report): ReadonlyMap<string, YamlNode> {
  const values = new Map<string, YamlNode>();
  for (const { key, value } of entries) {
    const isFormat = key.text === "format";
    if (isFormat && !(value.kind === "scalar" && value.text === "1")) {
      reportError(report, value.place, `format: expected 1, found ${describeNode(value)}`, "LG205");
    } else if (!isFormat && !NAME.test(key.text)) {
      reportError(report, key.place, `"${key.text}" is no name: letters, digits and _ only`, "LG205");
    } else if (!isFormat && !isPlain(value)) {
      reportError(
        report,
        value.place,
        `${key.text}: expected a word, a number or a list of them, found ${describeNode(value)}`,
        "LG205",
      );
    } else if (!isFormat) values.set(key.text, value);
  }
  return values;
}

function isPlain(node: YamlNode): boolean {
  return node.kind === "scalar" || (node.kind === "list" && node.items.every(({ kind }) => kind === "scalar"));
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** `$site.name`, or `$(site.name:default)`: both names, and the default. */
const USE = String.raw`\$(?:site\.(?<short>[A-Za-z_][A-Za-z0-9_]*)|\(site\.(?<long>[A-Za-z_][A-Za-z0-9_]*)(?::(?<fallback>[^()]*))?\))`;
const WHOLE = new RegExp(`^${USE}$`);
/** A doubled dollar, a use, or what looks like one. */
const PART = new RegExp(String.raw`\$\$(?=\(?site\.)|${USE}|\$\(?site\.`, "g");

export interface SiteOptions {
  readonly site: Site;
  /** Whether `$name` and `$$` are filled in afterwards: a dollar of the site's is none of those. */
  readonly dollars: "follow" | "stay";
  readonly report: Report;
}

/** `$site.name` and `$(site.name:default)` in a scalar: alone it becomes the value, its type kept; inside text it is text. */
export function fillSite(node: ScalarNode, options: SiteOptions): YamlNode {
  if (!node.text.includes("site.")) return node;
  const whole = WHOLE.exec(node.text);
  if (whole !== null) return { ...valueAt(whole, node, options), place: node.place };
  let text = "";
  let end = 0;
  let isSecret = node.secret === true;
  for (const match of node.text.matchAll(PART)) {
    const value = inText(match, node, options);
    isSecret ||= value.secret === true;
    text += node.text.slice(end, match.index) + value.text;
    end = match.index + match[0].length;
  }
  if (end === 0) return node;
  return { ...node, text: text + node.text.slice(end), quoted: true, ...(isSecret ? { secret: true } : {}) };
}

function inText(match: RegExpMatchArray, node: ScalarNode, options: SiteOptions): Pick<ScalarNode, "text" | "secret"> {
  const [text] = match;
  if (text === "$$") return { text: options.dollars === "follow" ? text : "$" };
  const value = valueAt(match, node, options);
  if (value.kind === "scalar") return value;
  reportError(options.report, node.place, `${text} is a list: it can only stand alone`, "LG218");
  return { text };
}

function valueAt({ 0: text, ...match }: RegExpMatchArray, node: ScalarNode, options: SiteOptions): YamlNode {
  const { site, report } = options;
  const { short, long, fallback }: Readonly<Record<string, string | undefined>> = match.groups ?? {};
  const name = short ?? long;
  if (name === undefined) {
    reportError(report, node.place, `${text}: expected $site.name, or $(site.name:default)`, "LG218");
    return { ...node, text };
  }
  const value = site.values?.get(name);
  if (value !== undefined) return escaped(value, options);
  if (fallback !== undefined) return { kind: "scalar", place: node.place, text: fallback.trim(), quoted: false };
  reportError(report, node.place, missing(name, site), "LG218");
  return { ...node, text };
}

function missing(name: string, { file, values }: Site): string {
  if (values === undefined) return `$site.${name}: there is no ${file}; make it, with a line "${name}: …"`;
  const hint = didYouMean(name, values.keys());
  return `$site.${name} is not in ${file}${hint === "" ? `: add a line "${name}: …"` : hint}`;
}

/** A dollar in a value is a dollar; of a secret nothing is filled in afterwards. */
function escaped(value: YamlNode, options: SiteOptions): YamlNode {
  if (options.dollars === "stay" || value.kind === "map") return value;
  if (value.kind === "list") return { ...value, items: value.items.map((item) => escaped(item, options)) };
  return value.secret === true ? value : { ...value, text: value.text.replaceAll("$", "$$$$") };
}
