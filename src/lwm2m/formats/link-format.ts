/**
 * Link-format (Content-Format 40): RFC 6690 §2 as LwM2M uses it for Register and Update (Core 1.2 §6.2.1), Discover (§6.3.2)
 * and /25/x/3. The writer is strict; the reader takes the white space, trailing slashes and quotes that are met in the field.
 */
import { ProtocolError } from "../../errors.ts";
import { makePath, type Path, parsePath, pathParts } from "../path.ts";
import type { Link } from "../tree.ts";

/** A parameter without a value (`;obs`) is `true`. What the reader returns are texts and `true` only. */
export type LinkParameters = ReadonlyMap<string, string | number | true>;

export interface CoreLink {
  /** What stands between `<` and `>`: "/3303/0", "/" or "/lwm2m/3/0". */
  readonly target: string;
  readonly parameters: LinkParameters;
}

export interface LinkOptions {
  /** LwM2M 1.0 wants `ver="1.1"`; later versions `ver=1.1`. */
  readonly quotedVersion?: boolean;
}

/** Parameters that are always quoted: relation types, and texts. Of the others only what is no token. */
const QUOTED: ReadonlySet<string> = new Set(["rt", "if", "title", "anchor", "uri"]);
/** What may stand without quotes: RFC 6690 §2, `ptoken`. */
const TOKEN = /^[!#$%&'()*+\-./0-9:<=>?@A-Z[\]^_`a-z{|}~]+$/;
/** Names as RFC 6690 writes them (`parmname`, perhaps with `*`). */
const NAME = /^[A-Za-z0-9!#$&+.^_`|~-]+\*?$/;

/** `</>;rt="oma.lwm2m";ct="110 112",</3303>;ver=1.1,</3303/0>`: no white space, no trailing slash. */
export function encodeLinks(links: readonly CoreLink[], options: LinkOptions = {}): string {
  return links.map((link) => encodeLink(link, options)).join(",");
}

/** The link of what a tree says to a Discover: without the prefix (Gateway TS §8.3.1), `ver` and `dim` first. */
export function treeLink(link: Link, attributes: Iterable<readonly [string, string | number | true]> = []): CoreLink {
  const parameters = new Map<string, string | number | true>();
  if (link.version !== undefined) parameters.set("ver", link.version);
  if (link.dimension !== undefined) parameters.set("dim", link.dimension);
  for (const [name, value] of attributes) parameters.set(name, value);
  return { target: makePath({ ...pathParts(link.path), prefix: "" }), parameters };
}

/** The LwM2M path a link points to, with a prefix put before it; undefined where the target is none (an alternate path). */
export function linkPath(link: CoreLink, prefix = ""): Path | undefined {
  try {
    const parts = pathParts(parsePath(link.target));
    return parts.prefix === "" ? makePath({ ...parts, prefix }) : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Reads a list of links; empty text is an empty list. Throws ProtocolError with the position of what is wrong. */
export function parseLinks(text: string): CoreLink[] {
  const reader = new LinkReader(text);
  return reader.readAll();
}

function encodeLink({ target, parameters }: CoreLink, options: LinkOptions): string {
  let text = `<${target}>`;
  for (const [name, value] of parameters) {
    text += value === true ? `;${name}` : `;${name}=${encodeValue(name, String(value), options)}`;
  }
  return text;
}

function encodeValue(name: string, value: string, { quotedVersion = false }: LinkOptions): string {
  const bare = TOKEN.test(value) && !QUOTED.has(name) && !(name === "ver" && quotedVersion);
  return bare ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

/** Walks over one text; every method leaves `position` behind what it has read. */
class LinkReader {
  private readonly text: string;
  private position = 0;

  constructor(text: string) {
    this.text = text;
  }

  readAll(): CoreLink[] {
    const links: CoreLink[] = [];
    this.skipSpace();
    if (this.atEnd()) return links;
    do {
      links.push(this.readLink());
    } while (this.take(","));
    if (!this.atEnd()) this.fail('"," or the end');
    return links;
  }

  private readLink(): CoreLink {
    if (!this.take("<")) this.fail('"<"');
    const end = this.text.indexOf(">", this.position);
    if (end < 0) this.fail('">"');
    const target = this.text.slice(this.position, end).trim();
    this.position = end + 1;
    const parameters = new Map<string, string | true>();
    while (this.take(";")) this.readParameter(parameters);
    return { target: target.length > 1 && target.endsWith("/") ? target.slice(0, -1) : target, parameters };
  }

  /** Of a repeated parameter the first counts (RFC 6690 §2.1 says so of each that may stand once). */
  private readParameter(parameters: Map<string, string | true>): void {
    const name = this.readUntil(/[=;,\s"<>]/g);
    if (!NAME.test(name)) this.fail("the name of a parameter");
    const value = this.take("=") ? this.readValue() : true;
    if (!parameters.has(name)) parameters.set(name, value);
  }

  private readValue(): string {
    if (this.take('"')) return this.readQuoted();
    const value = this.readUntil(/[;,\s"]/g);
    if (value === "") this.fail("a value");
    return value;
  }

  private readQuoted(): string {
    let value = "";
    for (;;) {
      const character = this.text[this.position++];
      if (character === '"') return value;
      const next = character === "\\" ? this.text[this.position++] : character;
      if (next === undefined) this.fail("the closing quote");
      value += next;
    }
  }

  private readUntil(stop: RegExp): string {
    this.skipSpace();
    stop.lastIndex = this.position;
    const end = stop.exec(this.text)?.index ?? this.text.length;
    const found = this.text.slice(this.position, end);
    this.position = end;
    return found;
  }

  /** Takes this character, white space before it included; inside quotes nothing is skipped. */
  private take(character: string): boolean {
    this.skipSpace();
    if (this.text[this.position] !== character) return false;
    this.position++;
    return true;
  }

  private atEnd(): boolean {
    this.skipSpace();
    return this.position >= this.text.length;
  }

  private skipSpace(): void {
    while (/\s/.test(this.text[this.position] ?? "")) this.position++;
  }

  private fail(expected: string): never {
    throw new ProtocolError(`link-format: expected ${expected} at character ${this.position + 1}`);
  }
}
