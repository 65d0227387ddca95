/** The helper's side of one connection, which systemd has made its standard input and output (Accept=yes). */
import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { commandsOf, type HelperReply, type HelperRequest, LONGEST_REQUEST, parseHelperRequest } from "./requests.ts";

export interface HelperEnds {
  readonly input: Readable;
  readonly output: Writable;
  /** What was asked and what came of it, a sentence each. */
  readonly audit: (sentence: string) => void;
}

/** Serves one request. Resolves to whether it was done. */
export async function serveHelper({ input, output, audit }: HelperEnds): Promise<boolean> {
  // Who asked may be gone by the time of the answer: a factory reset stops it.
  output.on("error", () => {});
  const reply = (answer: HelperReply): void => void output.write(`${JSON.stringify(answer)}\n`);
  const request = parseHelperRequest(await firstLine(input));
  if (typeof request === "string") {
    audit(`refused: ${request}`);
    reply({ ok: false, reason: request });
    return false;
  }
  audit(described(request));
  if (request.verb === "factory-reset") reply({ ok: true });
  const problem = await perform(request);
  audit(problem === undefined ? `${request.verb} done` : `${request.verb} failed: ${problem}`);
  if (request.verb !== "factory-reset") reply(problem === undefined ? { ok: true } : { ok: false, reason: problem });
  return problem === undefined;
}

function described(request: HelperRequest): string {
  const argument = request.verb === "set-clock" ? ` ${new Date(request.time).toISOString()}` : "";
  return `asked for ${request.verb}${argument}`;
}

/** Up to the line feed, or the end. What is too long is no request. */
async function firstLine(input: Readable): Promise<string> {
  let text = "";
  for await (const piece of input.iterator({ destroyOnReturn: false })) {
    text += String(piece);
    if (text.includes("\n") || text.length > LONGEST_REQUEST) break;
  }
  const [line = ""] = text.split("\n");
  return line.length > LONGEST_REQUEST ? "" : line;
}

/** Ends at the first command that fails; returns why. */
async function perform(request: HelperRequest): Promise<string | undefined> {
  for (const [program, ...args] of commandsOf(request)) {
    const problem = await runToEnd(program, args);
    if (problem !== undefined) return `${[program, ...args].join(" ")}: ${problem}`;
  }
  return undefined;
}

function runToEnd(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, [...args], { stdio: ["ignore", "ignore", "pipe"] });
    let words = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      words = `${words}${text}`.slice(0, 1000);
    });
    child.on("error", ({ message }) => resolve(message));
    child.on("close", (code) => resolve(code === 0 ? undefined : words.trim() || `ended with ${code ?? "a signal"}`));
  });
}
