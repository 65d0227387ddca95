/** Showing something again and again, until Ctrl-C. */
import type { OptionHelp } from "./command.ts";
import { EXIT, FailureError } from "./command.ts";

export const WATCH_OPTION: OptionHelp = {
  type: "boolean",
  help: "Shows it again every 2 s, until Ctrl-C.",
};

const PERIOD = 2000;
/** To the top, and nothing below what is written then. */
const CLEAR = "\x1b[H\x1b[2J";

/**
 * On a terminal each text takes the place of the one before, cut to what it has room for; elsewhere they follow each other, an
 * empty line between. A gateway that is away for a while is told, and waited for; one that is not there at first is a failure.
 */
export async function watch(show: () => Promise<string>): Promise<number> {
  const end = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end.abort());
  let text = await show();
  for (let first = true; !end.signal.aborted; first = false) {
    put(text, first);
    await pause(end.signal);
    if (!end.signal.aborted) text = await shown(show);
  }
  return EXIT.ok;
}

async function shown(show: () => Promise<string>): Promise<string> {
  try {
    return await show();
  } catch (error) {
    if (error instanceof FailureError) return error.message;
    throw error;
  }
}

function put(text: string, first: boolean): void {
  const { stdout } = process;
  if (stdout.isTTY) stdout.write(`${CLEAR}${fitting(text, stdout.columns, stdout.rows)}`);
  else stdout.write(`${first ? "" : "\n"}${text}\n`);
}

/** The last line stays free for the cursor. */
function fitting(text: string, columns: number, rows: number): string {
  const lines = text.split("\n");
  const room = Math.max(1, rows - 1);
  const more = lines.length - room + 1;
  const seen = lines.length <= room ? lines : [...lines.slice(0, room - 1), `… ${more} more lines`];
  return seen.map((line) => `${line.slice(0, columns)}\n`).join("");
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, PERIOD);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}
