/** Answers → lines of config.yaml and secrets.yaml. A file that is there keeps all that it has, to the last space. */
import { appendToList, appendToMap } from "../../yaml/append.ts";
import { flowMap, idOf, yamlText } from "../../yaml-text.ts";
import { linkOf, splitPlace } from "./device-places.ts";
import { paramsIn } from "./params-question.ts";
import { type Known, mappingOf, pickedOf } from "./question.ts";

/** What is to be written, nothing of it secret but `secrets`. */
export interface Wished {
  /** Of a new configuration. */
  readonly server?: {
    readonly uri: string;
    readonly endpoint: string;
    readonly layout: string;
    readonly psk?: { readonly identity: string; readonly secret: string };
  };
  /** A new one; `text` is what stands behind its id. */
  readonly link?: { readonly id: string; readonly text: string };
  /** Its link, be that new or not. */
  readonly device?: { readonly id: string; readonly link: string; readonly text: string };
  /** By name, for secrets.yaml. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** `key`: what answers "new" as a key, in hex. */
export function wishedOf(known: Known, key: string): Wished {
  const { answers, facts } = known;
  const secrets = new Map<string, string>();
  const taken = new Set(facts.secretNames);
  const keep = (name: string, value: string): string => {
    const free = idOf(name, taken).replaceAll("-", "_");
    secrets.set(free, value);
    return `!secret ${free}`;
  };
  const link = linkOf(known) === undefined ? newLinkOf(known, keep) : undefined;
  const linkId = linkOf(known)?.id ?? link?.id;
  const mapping = answers.get("mapping");
  const id = answers.get("id");
  const server = facts.isNew ? serverOf(known, key, keep) : undefined;
  return {
    ...(server === undefined ? {} : { server }),
    ...(link === undefined ? {} : { link }),
    ...(linkId === undefined || mapping === undefined || id === undefined
      ? {}
      : { device: { id, link: linkId, text: deviceText({ id, mapping, link: linkId }, known, keep) } }),
    secrets,
  };
}

type Keep = (name: string, value: string) => string;

function serverOf({ answers }: Known, made: string, keep: Keep): Wished["server"] {
  const [uri = "", endpoint = "", layout = ""] = [
    answers.get("server"),
    answers.get("endpoint"),
    answers.get("layout"),
  ];
  const identity = answers.get("identity");
  if (identity === undefined) return { uri, endpoint, layout };
  const key = answers.get("psk") === "new" ? made : (answers.get("key") ?? "");
  const secret = keep("psk", key).replace("!secret ", "");
  return { uri, endpoint, layout, psk: { identity, secret } };
}

/** What a link is called where nobody has said so. */
const LINK_NAMES: Readonly<Record<string, string>> = {
  "modbus-tcp": "bus",
  "modbus-rtu": "bus",
  mqtt: "broker",
  ble: "air",
  serial: "line",
  simulated: "trial",
};

function newLinkOf(known: Known, keep: Keep): Wished["link"] {
  const { answers, facts } = known;
  const kind = answers.get("kind") ?? "none";
  const name = LINK_NAMES[kind];
  if (name === undefined) return undefined;
  const taken = new Set(facts.links.map((link) => link.id));
  const id = idOf(name, taken);
  return { id, text: flowMap([["type", kind], ...placeKeys(known, id, keep)]) };
}

function placeKeys({ answers }: Known, id: string, keep: Keep): readonly (readonly [string, string])[] {
  const [place = "", line = ""] = [answers.get("place"), answers.get("line")];
  switch (answers.get("kind")) {
    case "modbus-tcp": {
      const { host, port } = splitPlace(place);
      return [["host", yamlText(host)], ...(port === undefined ? [] : [["port", String(port)] as const])];
    }
    case "modbus-rtu":
    case "serial":
      return [
        ["port", yamlText(place)],
        ["line", line],
      ];
    case "mqtt": {
      const [user = "", password] = [answers.get("user"), answers.get("password")];
      return [
        ["url", JSON.stringify(place)],
        ...(user === "" ? [] : [["user", yamlText(user)] as const]),
        ...(password === undefined ? [] : [["password", keep(`${id}-password`, password)] as const]),
      ];
    }
    case "ble":
      return place === "hci0" ? [] : [["adapter", place]];
    default:
      return [];
  }
}

function deviceText(
  { id, mapping, link }: { readonly id: string; readonly mapping: string; readonly link: string },
  known: Known,
  keep: Keep,
): string {
  const { answers } = known;
  const unit = answers.get("unit");
  const specs = new Map(mappingOf(known)?.parameters.map(({ name, spec }) => [name, spec]));
  const typed = [...paramsIn(answers.get("params") ?? "")].map(([name, value]): [string, string] => [
    name,
    specs.get(name)?.type === "secret" ? keep(`${id}-${name}`, value) : scalarText(value),
  ]);
  return flowMap([
    ["id", yamlText(id)],
    ["mapping", yamlText(mapping)],
    ["link", yamlText(link)],
    ...(unit === undefined ? [] : [["unit_id", unit] as const]),
    ...(pickedOf(known)?.parameters ?? []),
    ...typed,
  ]);
}

/** Plain where YAML reads it so: the parameter's type says what it is. */
function scalarText(text: string): string {
  return /^[A-Za-z0-9_.+-]+$/.test(text) ? text : JSON.stringify(text);
}

/** A configuration of its own. */
export function freshConfig({ server, link, device }: Wished): string {
  const { uri = "", endpoint = "", layout = "", psk } = server ?? {};
  return [
    "# Made by lwm2m-gateway setup. docs/configuration.md has every key; lwm2m-gateway check reads it and starts nothing.",
    "format: 1",
    "",
    "gateway:",
    `  endpoint: ${yamlText(endpoint)}`,
    "",
    "servers:",
    "  - id: 101",
    `    uri: ${JSON.stringify(uri)}`,
    `    layout: ${layout} # how it sees the devices: docs/layouts.md`,
    ...(psk === undefined
      ? []
      : [`    psk: { identity: ${JSON.stringify(psk.identity)}, key: !secret ${psk.secret} }`]),
    ...(link === undefined ? [] : ["", "links:", `  ${yamlText(link.id)}: ${link.text}`]),
    ...(device === undefined ? [] : ["", "devices:", `  - ${device.text}`]),
    "",
  ].join("\n");
}

/** The text with what is new of it. Throws RangeError with a sentence where there is no place for that. */
export function extendedConfig(text: string, { link, device }: Wished): string {
  const linked = link === undefined ? text : appendToMap(text, "links", [`${yamlText(link.id)}: ${link.text}`]);
  return device === undefined ? linked : appendToList(linked, "devices", [`- ${device.text}`]);
}

/** secrets.yaml with these behind what it has. */
export function extendedSecrets(text: string, secrets: ReadonlyMap<string, string>): string {
  const lines = [...secrets].map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`).join("");
  return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${lines}`;
}

/** What is new stands behind a +, with two lines around it; for a text to which lines were added alone. */
export function addedLines(before: string, after: string): readonly string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  let at = 0;
  const marked = now.map((line) => {
    const isOld = old[at] === line;
    if (isOld) at++;
    return { line, isOld };
  });
  const isNear = (i: number): boolean => marked.slice(Math.max(0, i - 2), i + 3).some(({ isOld }) => !isOld);
  return marked.flatMap(({ line, isOld }, i) => (isNear(i) ? [`${isOld ? " " : "+"} ${line}`.trimEnd()] : []));
}
