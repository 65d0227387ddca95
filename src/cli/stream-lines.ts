/** A million lines in little memory: to standard output, whose reader may have had enough, or to a file. */
import { createWriteStream } from "node:fs";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { reasonOf, systemCode } from "../errors.ts";
import { FailureError } from "./command.ts";

/** Resolves when all are written, or when nobody reads any more. Rejects with FailureError where the file cannot be written. */
export async function streamLines(lines: Iterable<string>, file: string | undefined): Promise<void> {
  try {
    // What a person exports is for that person: it is what the state directory is closed for.
    if (file === undefined) await pipeTo(process.stdout, lines, { end: false });
    else await pipeTo(createWriteStream(file, { mode: 0o600 }), lines, { end: true });
  } catch (error) {
    if (file === undefined && systemCode(error) === "EPIPE") return;
    if (file === undefined || systemCode(error) === undefined) throw error;
    throw new FailureError(`cannot write ${file}: ${reasonOf(error)}`, { code: "LG104", cause: error });
  }
}

async function pipeTo(out: Writable, lines: Iterable<string>, options: { readonly end: boolean }): Promise<void> {
  await pipeline(Readable.from(chunksOf(lines)), out, options);
}

/** A line alone is too little for a system call. */
function* chunksOf(lines: Iterable<string>): Iterable<string> {
  let chunk = "";
  for (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}

const CHUNK = 2 ** 16;
