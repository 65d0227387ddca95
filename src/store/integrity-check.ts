import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { workerUrl } from "../locate.ts";
import type { Logger } from "../log.ts";
import type { HistoryFindings } from "./history/calls.ts";
import type { Unchecked } from "./history/history-check.ts";
import type { HistoryQueue } from "./history/history-queue.ts";
import { StoreError } from "./store-error.ts";
import type { WorkerClient } from "./worker-client.ts";

/** What the check of one file came to. One that is damaged was set aside, or what is damaged of it dropped; the rest goes on. */
export type FileCheck =
  | { readonly type: "sound" }
  | { readonly type: "damaged"; readonly reason: string }
  /** It could not be read to its end; that says nothing of what is in it. */
  | { readonly type: "unchecked"; readonly reason: string };

/** By file; a history that is not open is not looked at. */
export interface IntegrityOutcome {
  readonly gateway: FileCheck;
  readonly history?: FileCheck;
}

/** Reads what lies on the disk once, so that damage is found while it is new. */
export class IntegrityCheck {
  private readonly client: Pick<WorkerClient, "call">;
  private readonly log: Logger;
  private reader: ChildProcess | undefined;

  constructor(client: Pick<WorkerClient, "call">, log: Logger) {
    this.client = client;
    this.log = log;
  }

  async run(history: HistoryQueue | undefined): Promise<IntegrityOutcome> {
    const gateway = await this.tell("gateway.db", () => this.checkGateway());
    if (history === undefined) return { gateway };
    return { gateway, history: await this.tell("history.db", () => this.checkHistory(history)) };
  }

  /** A check that is under way ends at once. */
  close(): void {
    this.reader?.kill("SIGKILL");
  }

  private async checkGateway(): Promise<FileCheck> {
    const reason = await this.client.call("checkGateway", undefined);
    return reason === undefined ? { type: "sound" } : { type: "damaged", reason };
  }

  private async checkHistory(history: HistoryQueue): Promise<FileCheck> {
    return outcomeOf(await history.check((file) => this.read(file)));
  }

  /** Resolves when the process has ended. */
  private read(file: string): Promise<HistoryFindings | Unchecked> {
    const program = fileURLToPath(workerUrl(import.meta.url, "check-process"));
    const reader = fork(program, [file], { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.reader = reader;
    return new Promise((resolve) => {
      let found: HistoryFindings | Unchecked = { unchecked: "its process ended before it was done" };
      reader.on("message", (message: HistoryFindings | Unchecked) => {
        found = message;
      });
      const end = (): void => {
        this.reader = undefined;
        resolve(found);
      };
      reader.on("error", (error) => {
        found = { unchecked: String(error) };
        // Where it could not be started there is no exit.
        if (reader.pid === undefined) end();
      });
      // Not at its exit: what it said may still be on its way then.
      reader.on("close", end);
    });
  }

  /** Damage is told where the file is set aside. */
  private async tell(file: string, check: () => Promise<FileCheck>): Promise<FileCheck> {
    try {
      const outcome = await check();
      if (outcome.type === "sound") this.log.debug({ file }, "store: the file is sound");
      if (outcome.type !== "unchecked") return outcome;
      return this.unchecked(file, outcome.reason);
    } catch (error) {
      if (!(error instanceof StoreError) || error.kind === "failed" || error.kind === "closed") throw error;
      return this.unchecked(file, error.message);
    }
  }

  private unchecked(file: string, reason: string): FileCheck {
    this.log.warn({ code: "LG671", file, reason }, "store: the file was not checked; it is used as it is");
    return { type: "unchecked", reason };
  }
}

function outcomeOf(found: HistoryFindings | Unchecked): FileCheck {
  if ("unchecked" in found) return { type: "unchecked", reason: found.unchecked };
  const { damage, segments } = found;
  if (damage !== undefined) return { type: "damaged", reason: damage };
  if (segments.length === 0) return { type: "sound" };
  return { type: "damaged", reason: `${segments.length} segments are not what was written` };
}
