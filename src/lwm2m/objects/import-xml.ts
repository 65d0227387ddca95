/**
 * Object definitions as OMA and vendors publish them: XML by the schema LWM2M.xsd (Core 1.2 Appendix D). Only the facts are
 * taken: IDs, names, operations, types, ranges, units.
 */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { ConfigError, type Place, type Problem } from "../../errors.ts";
import { MAX_ID } from "../path.ts";
import type { ResourceType } from "../sample.ts";
import type { ObjectDefinition, ResourceDefinition } from "./definition.ts";

/**
 * The objects that the XML defines, usually one. `file` is what errors call it. Throws ConfigError with every problem: the
 * element, what it holds and what was expected.
 */
export function importXml(xml: string, file: string): readonly ObjectDefinition[] {
  const root = parse(xml, file);
  const reading = new Reading(xml, file);
  const { LWM2M: lwm2m } = root;
  const objects = isElement(lwm2m) ? reading.children(lwm2m, "Object") : [];
  if (objects.length === 0) throw new ConfigError([problem("expected <LWM2M> with an <Object>", whole(file))]);
  const definitions = objects.map((object) => reading.object(object));
  if (reading.problems.length > 0) throw new ConfigError(reading.problems);
  return definitions.filter((definition) => definition !== undefined);
}

/** An element with children: each child once, or all of its name in an array; text for those without children. */
type Element = Readonly<Record<string | symbol, unknown>>;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  parseTagValue: false,
  parseAttributeValue: false,
  // Numeric character references are HTML's business to this parser, but plain XML.
  htmlEntities: true,
  captureMetaData: true,
  isArray: (name) => name === "Object" || name === "Item",
});
const META = XMLParser.getMetaDataSymbol() as symbol;

function parse(xml: string, file: string): Element {
  // Definitions need no DTD; refusing it here leaves no entity for the parser to expand.
  const doctype = xml.search(/<!DOCTYPE/i);
  if (doctype >= 0) throw new ConfigError([problem("a DOCTYPE is not allowed", placeAt(xml, doctype, file))]);
  const valid = XMLValidator.validate(xml);
  if (valid !== true) {
    const { msg, line, col } = valid.err;
    // Some of its findings have no column: then it is NaN.
    const place = { file, line: line || 1, column: col || 1 };
    throw new ConfigError([problem(`not well-formed XML: ${msg}`, place)]);
  }
  try {
    const root: unknown = parser.parse(xml);
    if (isElement(root)) return root;
  } catch (error) {
    throw new ConfigError([problem("XML that cannot be read", whole(file))], { cause: error });
  }
  throw new ConfigError([problem("expected an <LWM2M> element", whole(file))]);
}

const TYPES: Readonly<Record<string, ResourceType>> = {
  string: "string",
  integer: "integer",
  "unsigned integer": "unsigned",
  float: "float",
  boolean: "boolean",
  opaque: "opaque",
  time: "time",
  objlnk: "objlnk",
  corelnk: "corelnk",
};
const OPERATIONS: readonly ResourceDefinition["operations"][] = ["", "R", "W", "RW", "E"];

/** One document: reads elements, and keeps what is wrong so that all of it can be told at once. */
class Reading {
  readonly problems: Problem[] = [];
  private readonly xml: string;
  private readonly file: string;

  constructor(xml: string, file: string) {
    this.xml = xml;
    this.file = file;
  }

  object(element: Element): ObjectDefinition | undefined {
    const id = this.id(element, "ObjectID", this.text(element, "ObjectID"));
    const name = this.required(element, "Name");
    const version = this.version(element);
    const multiple = this.choice(element, "MultipleInstances", "Multiple", "Single");
    const mandatory = this.choice(element, "Mandatory", "Mandatory", "Optional");
    const resources = this.resources(element);
    if (id === undefined || name === undefined || version === undefined) return undefined;
    return { id, name, version, multiple: multiple ?? false, mandatory: mandatory ?? false, resources };
  }

  children(element: Element, name: string): readonly Element[] {
    const children = element[name];
    return Array.isArray(children) ? children.map((child) => (isElement(child) ? child : {})) : [];
  }

  report(element: Element, message: string): void {
    this.problems.push(problem(message, this.place(element)));
  }

  private resources(object: Element): ReadonlyMap<number, ResourceDefinition> {
    const resources = new Map<number, ResourceDefinition>();
    // An object without resources has an empty <Resources>, which is read as text.
    const { Resources: list } = object;
    if (list === "") return resources;
    if (!isElement(list)) this.report(object, "expected an element <Resources>");
    for (const item of isElement(list) ? this.children(list, "Item") : []) {
      const resource = this.resource(item);
      if (resource === undefined) continue;
      if (resources.has(resource.id)) this.report(item, `resource ${resource.id} is defined twice`);
      resources.set(resource.id, resource);
    }
    return resources;
  }

  private resource(item: Element): ResourceDefinition | undefined {
    const id = this.id(item, 'ID of <Item ID="…">', attribute(item, "ID"));
    const name = this.required(item, "Name");
    const operations = this.operations(item);
    const multiple = this.choice(item, "MultipleInstances", "Multiple", "Single");
    const mandatory = this.choice(item, "Mandatory", "Mandatory", "Optional");
    const type = operations === undefined || operations === "E" ? undefined : this.type(item);
    if (id === undefined || name === undefined || operations === undefined) return undefined;
    const range = this.text(item, "RangeEnumeration");
    const unit = this.text(item, "Units");
    return {
      id,
      name,
      operations,
      multiple: multiple ?? false,
      mandatory: mandatory ?? false,
      type,
      ...(range === undefined ? {} : { range }),
      ...(unit === undefined ? {} : { unit }),
    };
  }

  private operations(item: Element): ResourceDefinition["operations"] | undefined {
    const text = this.text(item, "Operations") ?? "";
    const found = OPERATIONS.find((operations) => operations === text.toUpperCase());
    if (found === undefined) this.report(item, `<Operations> is "${shown(text)}": expected R, W, RW, E or nothing`);
    return found;
  }

  private type(item: Element): ResourceType | undefined {
    const text = this.text(item, "Type") ?? "";
    const found = Object.hasOwn(TYPES, text.toLowerCase()) ? TYPES[text.toLowerCase()] : undefined;
    if (found === undefined) {
      const known = "String, Integer, Unsigned Integer, Float, Boolean, Opaque, Time, Objlnk or Corelnk";
      this.report(item, `<Type> is "${shown(text)}": expected ${known}`);
    }
    return found;
  }

  /** Absent in definitions of LwM2M 1.0: then it is 1.0 (Appendix D). */
  private version(object: Element): string | undefined {
    const text = this.text(object, "ObjectVersion") ?? "1.0";
    if (/^\d{1,3}\.\d{1,3}$/.test(text)) return text;
    this.report(object, `<ObjectVersion> is "${shown(text)}": expected a version like 1.0`);
    return undefined;
  }

  private id(element: Element, what: string, text: string | undefined): number | undefined {
    if (text !== undefined && /^\d{1,5}$/.test(text) && Number(text) < MAX_ID) return Number(text);
    this.report(element, `${what} is ${text === undefined ? "missing" : `"${shown(text)}"`}: expected 0 to 65534`);
    return undefined;
  }

  private choice(element: Element, name: string, yes: string, no: string): boolean | undefined {
    const text = this.text(element, name);
    if (text?.toLowerCase() === yes.toLowerCase()) return true;
    if (text?.toLowerCase() === no.toLowerCase()) return false;
    this.report(
      element,
      `<${name}> is ${text === undefined ? "missing" : `"${shown(text)}"`}: expected ${yes} or ${no}`,
    );
    return undefined;
  }

  private required(element: Element, name: string): string | undefined {
    const text = this.text(element, name);
    const child = element[name];
    if (text === undefined && (child === undefined || child === ""))
      this.report(element, `<${name}> is missing or empty`);
    return text;
  }

  /** The text of a child element, white space as one space; undefined where it is absent or empty. */
  private text(element: Element, name: string): string | undefined {
    const child = element[name];
    if (child !== undefined && typeof child !== "string")
      this.report(element, `<${name}> must stand once and hold text`);
    return typeof child === "string" && child.trim() !== "" ? child.trim().replace(/\s+/g, " ") : undefined;
  }

  /** Where the element begins in the file, as far as the parser kept it. */
  private place(element: Element): Place {
    const meta = element[META];
    const { startIndex } = isElement(meta) ? meta : {};
    return placeAt(this.xml, typeof startIndex === "number" ? startIndex : 0, this.file);
  }
}

function attribute(element: Element, name: string): string | undefined {
  const value = element[`@${name}`];
  return typeof value === "string" ? value : undefined;
}

function isElement(value: unknown): value is Element {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function problem(message: string, place: Place): Problem {
  return { severity: "error", code: "LG230", place, message };
}

function whole(file: string): Place {
  return { file, line: 1, column: 1 };
}

function placeAt(text: string, index: number, file: string): Place {
  const before = text.slice(0, index).split("\n");
  return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
