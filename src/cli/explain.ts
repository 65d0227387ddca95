/** `explain LG201`: what a code means, from docs/errors.md. */
import { readFile } from "node:fs/promises";
import { ERROR_CODES, type ErrorCode, isErrorCode } from "../error-codes.ts";
import { locateData } from "../locate.ts";
import { nearestNames } from "../near-miss.ts";
import { type Command, EXIT, UsageError } from "./command.ts";

const PAGE = "docs/errors.md";

export const explainCode: Command = {
  name: "explain",
  summary: "Tells what the code of a message means, why it happens and what to do.",
  positionals: "CODE",
  options: {
    list: { type: "boolean", help: "Lists all codes with their titles." },
    json: { type: "boolean", help: "Prints the same as JSON." },
  },
  async run(args) {
    const codes = args.flag("list") ? codesOf() : [codeOf(args.positionals)];
    const page = await readFile(locateData(PAGE), "utf8");
    const sections = codes.map((code) => ({ code, title: ERROR_CODES[code], text: sectionOf(page, code) }));
    const texts = args.flag("list")
      ? sections.map(({ code, title }) => `${code}  ${title}`)
      : sections.map(forTerminal);
    const asked = args.flag("list") ? sections.map(({ code, title }) => ({ code, title })) : sections[0];
    process.stdout.write(args.flag("json") ? `${JSON.stringify(asked, undefined, 2)}\n` : `${texts.join("\n")}\n`);
    return EXIT.ok;
  },
};

/** All codes, in their order. */
function codesOf(): readonly ErrorCode[] {
  return Object.keys(ERROR_CODES).filter(isErrorCode).sort();
}

/** As somebody types it: `lg201`, `[LG201]` and `201` are meant well. Throws UsageError. */
function codeOf([word, surplus]: readonly string[]): ErrorCode {
  const next = "lwm2m-gateway explain --list";
  if (word === undefined)
    throw new UsageError("which code? It stands at the end of a message, such as LG201", { next });
  if (surplus !== undefined) throw new UsageError(`explain takes one code, not "${surplus}" as well`);
  const code = word.toUpperCase().replace(/^\[?(?:LG)?(\d+)\]?$/, "LG$1");
  if (isErrorCode(code)) return code;
  const [near] = /^LG\d/.test(code) ? [nearestCode(code)] : nearestNames(code, codesOf(), 1);
  throw new UsageError(`there is no code "${word}"${near === undefined ? "" : `; the nearest one is ${near}`}`, {
    next,
  });
}

/** By its number: whoever mistypes a code slips in its last digits. */
function nearestCode(code: string): ErrorCode | undefined {
  const wanted = Number(code.slice(2));
  const away = (each: ErrorCode): number => Math.abs(Number(each.slice(2)) - wanted);
  return codesOf().toSorted((a, b) => away(a) - away(b))[0];
}

/** What stands below its heading. */
function sectionOf(page: string, code: ErrorCode): string {
  const [, section = ""] = page.split(`\n## ${code}: `);
  const [body = ""] = section.split("\n## ");
  return body.slice(body.indexOf("\n")).trim();
}

/** Without the marks of Markdown, which a terminal does not show. */
function forTerminal({
  code,
  title,
  text,
}: {
  readonly code: string;
  readonly title: string;
  readonly text: string;
}): string {
  const plain = text
    .replace(/^```\w*\n([\s\S]*?)^```$/gm, (_all, example: string) => example.replace(/^(?=.)/gm, "    ").trimEnd())
    .replaceAll("**", "")
    .replace(/\[([^\]]+)\]\(([^)]+)\)/g, "$1");
  return `${code}: ${title}\n\n${plain}`;
}
