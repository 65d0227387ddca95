import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { packageRoot } from "../../src/locate.ts";

export interface Import {
  /** As it is written: "../errors.ts", "node:fs", "zod". */
  readonly specifier: string;
  readonly line: number;
  /** Whether nothing of it is left at run time. */
  readonly typesOnly: boolean;
}

export interface SourceFile {
  /** From the project's folder, e.g. "src/coap/message.ts". */
  readonly path: string;
  readonly text: string;
  /** The text with comments blanked out, line for line; strings stay. */
  readonly code: string;
  /** The same with strings blanked out too. */
  readonly bare: string;
}

/**
 * The rim of the program, of which a child process is a part: where time and chance come from, and where the process is known.
 * Everybody else has arguments.
 */
const EDGES = ["src/clock.ts", "src/main.ts", "src/gateway/", "src/cli/", "src/servers/transport/", "demo/"];
const CHILD = /-process\.ts$/;

export function isEdge(path: string): boolean {
  return EDGES.some((edge) => path.startsWith(edge)) || CHILD.test(path);
}

const LITERAL = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
const STATEMENT = /\b(import|export)\s+(type\s+)?([^;'"]*?)\s*from\s*["']([^"']+)["']/g;
const BARE = /\bimport\s*\(?\s*["']([^"']+)["']/g;

/** Every TypeScript file below these folders of the project. */
export function sourceFiles(...folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(packageRoot, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => relative(packageRoot, join(entry.parentPath, entry.name)))
      .sort()
      .map((path) => sourceFile(path, readFileSync(join(packageRoot, path), "utf8"))),
  );
}

export function sourceFile(path: string, text: string): SourceFile {
  const code = withoutComments(text);
  return { path, text, code, bare: code.replace(LITERAL, blank) };
}

export function importsOf({ code }: SourceFile): Import[] {
  const lineAt = (index: number): number => code.slice(0, index).split("\n").length;
  const statements = [...code.matchAll(STATEMENT)].map(({ 2: type, 3: names = "", 4: specifier = "", index }) => ({
    specifier,
    line: lineAt(index),
    typesOnly: type !== undefined || isTypesOnly(names),
  }));
  const bare = [...code.matchAll(BARE)].map(({ 1: specifier = "", index }) => ({
    specifier,
    line: lineAt(index),
    typesOnly: false,
  }));
  return [...statements, ...bare];
}

/** The lines of a text of the file in which the pattern is found, each with what to do about it. */
export function faultyLines({ path }: SourceFile, text: string, pattern: RegExp, advice: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    const found = pattern.exec(line)?.[0].trim();
    return found === undefined ? [] : [`${path}:${index + 1} has "${found}": ${advice}`];
  });
}

/** The code without its import and export statements. */
export function statementsOf({ code }: SourceFile): string {
  return code.replace(STATEMENT, blank).replace(LITERAL, blank);
}

/** Each `switch`, from the word to its closing brace, with its line. */
export function switchesOf({ bare }: SourceFile): { readonly line: number; readonly text: string }[] {
  return [...bare.matchAll(/\bswitch \(/g)].map(({ index }) => {
    let depth = 0;
    let end = bare.indexOf(") {\n", index) + 2;
    do {
      if (bare[end] === "{") depth++;
      if (bare[end] === "}") depth--;
      end++;
    } while (depth > 0 && end < bare.length);
    return { line: bare.slice(0, index).split("\n").length, text: bare.slice(index, end) };
  });
}

export function assertNone(faults: readonly string[]): void {
  assert.equal(faults.length, 0, `\n${faults.join("\n")}`);
}

/** `{ type A, type B }` */
function isTypesOnly(names: string): boolean {
  const list = /^\{([\s\S]*)\}$/.exec(names)?.[1]?.split(",") ?? [names];
  return list.map((name) => name.trim()).every((name) => name === "" || name.startsWith("type "));
}

function withoutComments(text: string): string {
  const token = new RegExp(`(${LITERAL.source})|//[^\\n]*|/\\*[\\s\\S]*?\\*/`, "g");
  return text.replace(token, (found, literal: string | undefined) => literal ?? blank(found));
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}
