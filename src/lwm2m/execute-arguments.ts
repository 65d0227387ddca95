/** The argument list of an Execute: Core 1.2 §6.3.5. */
import type { Lwm2mError } from "../errors.ts";
import { badRequest } from "./refusals.ts";

/** One digit, perhaps with a value between apostrophes; the value has no quote, apostrophe, backslash or control character. */
const ARGUMENT = /^([0-9])(?:='([ !#-&(-[\]-~]*)')?$/;

/**
 * Reads `0='60'`, `5`, `0,1='x',2`; an argument without a value has "". Spaces after commas and in values are taken, since
 * the standard's own example has one. Throws Lwm2mError 4.00 with the argument that is wrong; a digit counts once only.
 */
export function parseExecuteArguments(text: string): ReadonlyMap<number, string> {
  const args = new Map<number, string>();
  if (text.trim() === "") return args;
  for (const argument of splitArguments(text)) {
    const match = ARGUMENT.exec(argument.trim());
    if (match === null) throw badArgument(`"${argument.trim()}" is no argument; expected a digit, or 0='value'`);
    const digit = Number(match[1]);
    if (args.has(digit)) throw badArgument(`argument ${digit} is there twice`);
    args.set(digit, match[2] ?? "");
  }
  return args;
}

/** At the commas that do not stand between apostrophes. */
function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "'") quoted = !quoted;
    if (text[i] !== "," || quoted) continue;
    parts.push(text.slice(start, i));
    start = i + 1;
  }
  parts.push(text.slice(start));
  return parts;
}

function badArgument(message: string): Lwm2mError {
  return badRequest(`Execute arguments: ${message}`);
}
