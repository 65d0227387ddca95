/** The last lines of the log, for whoever asks the running gateway and has no journal at hand. */

/** By their weight. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MOST_LINES = 1000;
/** Of all lines, in characters: some of them hold stacks. */
const MOST_TEXT = 1_000_000;

interface Line {
  /** JSON, as it was written. */
  readonly text: string;
  readonly level: LogLevel;
}

export class LogRing {
  private lines: Line[] = [];
  private length = 0;
  private readonly listeners = new Set<(text: string, level: LogLevel) => void>();

  /** One line of the log, as JSON; what must not be seen is hidden in it already. */
  push(text: string): void {
    const level = levelOf(text);
    this.lines.push({ text, level });
    this.length += text.length;
    while (this.lines.length > MOST_LINES || (this.length > MOST_TEXT && this.lines.length > 1)) {
      this.length -= this.lines.shift()?.text.length ?? 0;
    }
    for (const listener of this.listeners) listener(text, level);
  }

  /** Oldest first, at most `count`: those of this level, and of what is worse. */
  last(count: number = MOST_LINES, level: LogLevel = "debug"): readonly string[] {
    const lines = this.lines.filter((line) => isAtLeast(line.level, level));
    return lines.slice(Math.max(0, lines.length - count)).map(({ text }) => text);
  }

  /** Each line from now on, of this level and of what is worse. Returns what ends it. */
  listen(level: LogLevel, onLine: (text: string) => void): () => void {
    const listener = (text: string, its: LogLevel): void => {
      if (isAtLeast(its, level)) onLine(text);
    };
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

function isAtLeast(level: LogLevel, wanted: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(wanted);
}

/** Pino writes it first, so nothing else of the line has to be read. */
function levelOf(text: string): LogLevel {
  const [, name] = /"level":"(\w+)"/.exec(text) ?? [];
  return LOG_LEVELS.find((level) => level === name) ?? "info";
}
