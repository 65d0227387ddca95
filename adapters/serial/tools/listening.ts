/** Listens on an open line for a while, or until the user has had enough, and tells what comes. */
import { type Ask, type Clock, DeviceError, type Millis, SECOND, type UnixMillis } from "../../../src/adapter.ts";
import { type Carried, exchange, listen } from "./ask.ts";
import { rowText } from "./byte-text.ts";
import { PAUSE } from "./guess/bursts.ts";
import { RowsAsTheyCome, type TimedRow } from "./rows-as-they-come.ts";

export interface Listening {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
  readonly progress?: (words: () => string) => void;
  /** How long; absent: until the user has had enough. */
  readonly span?: Millis | undefined;
  /** Said once at the beginning, to a device that must be asked. */
  readonly send?: Uint8Array | undefined;
}

/** What came, and when. */
export interface Recording {
  readonly began: UnixMillis;
  readonly carried: readonly Carried[];
  /** How long it took. */
  readonly span: Millis;
  /** What was forgotten before it could be fetched, in bytes. */
  readonly missed: number;
  /** Why it ended early; absent: it did not. */
  readonly lost?: string;
}

/** The user presses Ctrl-C, and waits for no more than that. */
const LOOK_EVERY: Millis = SECOND / 2;
/** What is kept to be looked at in the end; what came before is forgotten. */
const MOST_PIECES = 4096;
const SEND_WAIT: Millis = SECOND;

/** Never rejects with DeviceError: a line that is not there, or is lost, ends it. */
export async function record(ask: Ask, listening: Listening): Promise<Recording> {
  const { clock, signal, span = Infinity } = listening;
  const began = clock.wall();
  const started = clock.monotonic();
  const rows = new RowsAsTheyCome();
  const tell = (complete: readonly TimedRow[]): void => {
    for (const row of complete) listening.tell(rowLine(row, began));
  };
  const carried: Carried[] = [];
  const elapsed = (): Millis => clock.monotonic() - started;
  let next = 0;
  let bytes = 0;
  let missed = 0;
  let lost: string | undefined;
  listening.progress?.(() => `${bytes} bytes in ${Math.floor(elapsed() / SECOND)}${ofSpan(span)} s`);
  try {
    // From here on the line is recorded.
    next = (await listen(ask, next, 1)).next;
    if (listening.send !== undefined) await exchange(ask, { send: listening.send, wait: SEND_WAIT, quiet: 2 * PAUSE });
    for (let over = false; !over; ) {
      // What came until then is looked at in any case.
      over = signal.aborted || elapsed() >= span;
      const before = elapsed();
      const heard = await listen(ask, next, over ? 1 : Math.max(1, Math.min(LOOK_EVERY, span - before)));
      next = heard.next;
      missed += heard.missed;
      if (heard.carried.length === 0) tell(rows.quiet(elapsed() - before));
      for (const piece of heard.carried) {
        bytes += piece.bytes.length;
        tell(rows.push(piece));
      }
      carried.push(...heard.carried);
      carried.splice(0, carried.length - MOST_PIECES);
    }
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    lost = error.message;
  }
  tell(rows.end());
  return { began, carried, span: elapsed(), missed, ...(lost === undefined ? {} : { lost }) };
}

function ofSpan(span: Millis): string {
  return span === Infinity ? "" : ` of ${Math.ceil(span / SECOND)}`;
}

/** `   1.250 s  < 53 20 …  S S`; what went out has the arrow the other way. */
function rowLine({ time, way, ...row }: TimedRow, began: UnixMillis): string {
  const after = `${(Math.max(0, time - began) / SECOND).toFixed(3)} s`.padStart(11);
  return `${after}  ${way === "in" ? "<" : ">"} ${rowText(row)}`;
}
