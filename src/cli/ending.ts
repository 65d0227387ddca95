import { type Millis, systemClock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { EXIT } from "./command.ts";

/** A signal to the whole process group comes again at once, from the launcher that passes it on: that is no second wish. */
const ECHO: Millis = 300;

/** How a program in the foreground ends: asked by a signal, or because it must. */
export class Ending {
  /** Resolves with the exit code once the end is wanted. */
  readonly wanted: Promise<number>;
  private resolve: (code: number) => void = () => {};

  constructor() {
    this.wanted = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  /** Only the first call counts. */
  end(code: number): void {
    this.resolve(code);
  }

  /** The first SIGINT or SIGTERM asks for an orderly end; the second one is the end. */
  listen(): void {
    let asked: Millis | undefined;
    const stop = (): void => {
      const now = systemClock.monotonic();
      if (asked !== undefined && now - asked > ECHO) process.exit(EXIT.failure);
      asked ??= now;
      this.end(EXIT.ok);
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  }
}

/** What nobody caught is a bug, a rejected promise too: it goes to the log, and the process ends, so that systemd starts it anew. */
export function endOnBug(log: Logger): void {
  process.on("uncaughtException", (error) => {
    log.error({ code: "LG109", err: error }, "a bug in the gateway: it ends at once, so that it can be started again");
    process.exit(EXIT.failure);
  });
}

/** Something open, and its name in the log. */
export interface Opened {
  readonly name: string;
  close(): Promise<void>;
}

/** Closes the last first, each whatever became of the others. Resolves to whether all closed; what did not is in the log. */
export async function closeAll(opened: readonly Opened[], log: Logger): Promise<boolean> {
  let clean = true;
  for (const { name, close } of opened.toReversed()) {
    try {
      await close();
    } catch (error) {
      clean = false;
      log.error({ code: "LG748", err: error }, `${name} did not close in order`);
    }
  }
  return clean;
}
