import type { Worker } from "node:worker_threads";
import type { Logger } from "../log.ts";
import type { SentError, StoreCall, StoreCalls, StoreReply } from "./protocol.ts";
import { StoreError } from "./store-error.ts";

interface Pending {
  resolve(result: StoreCalls[StoreCall]["result"]): void;
  reject(error: StoreError): void;
}

/** The main thread's end of the store's thread: numbered requests out, answers in. */
export class WorkerClient {
  private readonly worker: Worker;
  private readonly log: Logger;
  private readonly onFailure: (error: StoreError) => void;
  private readonly pending = new Map<number, Pending>();
  private opening: Pending | undefined;
  private lastNumber = 0;
  private crash: Error | undefined;
  /** Why nothing can be asked any more. */
  private ended: StoreError | undefined;
  private closing: Promise<void> | undefined;
  private readonly exited: Promise<void>;

  constructor(worker: Worker, log: Logger, onFailure: (error: StoreError) => void) {
    this.worker = worker;
    this.log = log;
    this.onFailure = onFailure;
    this.exited = new Promise((resolve) => {
      worker.on("message", (reply: StoreReply) => this.take(reply));
      worker.on("error", (error) => {
        this.crash = error instanceof Error ? error : new Error(String(error));
      });
      worker.on("exit", (code) => {
        this.end(code);
        resolve();
      });
    });
  }

  /** Whether an answer of the thread is waited for. */
  get busy(): boolean {
    return this.pending.size > 0;
  }

  /** Resolves when the file is open; rejects with the StoreError that the thread reports. */
  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) reject(this.ended);
      else this.opening = { resolve: () => resolve(), reject };
    });
  }

  /** The buffers are given away: nobody here has them any more. */
  call<C extends StoreCall>(
    call: C,
    argument: StoreCalls[C]["argument"],
    buffers: readonly ArrayBuffer[] = [],
  ): Promise<StoreCalls[C]["result"]> {
    const stop = this.ended ?? (this.closing && new StoreError("closed", "the store is closed"));
    if (stop !== undefined) return Promise.reject(stop);
    return this.request(call, argument, buffers);
  }

  close(): Promise<void> {
    this.closing ??= this.ended === undefined ? this.request("close", undefined).then(() => this.exited) : this.exited;
    return this.closing;
  }

  /** Ends the thread before it has opened anything. */
  async abandon(): Promise<void> {
    this.ended ??= new StoreError("closed", "the store was not opened");
    await this.worker.terminate();
  }

  private request<C extends StoreCall>(
    call: C,
    argument: StoreCalls[C]["argument"],
    buffers: readonly ArrayBuffer[] = [],
  ): Promise<StoreCalls[C]["result"]> {
    const number = ++this.lastNumber;
    return new Promise((resolve, reject) => {
      // The number ties the answer to this call, so its result has this call's type.
      this.pending.set(number, { resolve: resolve as Pending["resolve"], reject });
      this.worker.postMessage({ number, call, argument }, [...buffers]);
    });
  }

  private take(reply: StoreReply): void {
    switch (reply.type) {
      case "opened":
        this.opening?.resolve(undefined);
        this.opening = undefined;
        return;
      case "refused":
        this.ended = received(reply.error);
        this.opening?.reject(this.ended);
        this.opening = undefined;
        return;
      case "answer":
        this.pending.get(reply.number)?.resolve(reply.result);
        this.pending.delete(reply.number);
        return;
      case "failure":
        this.pending.get(reply.number)?.reject(received(reply.error));
        this.pending.delete(reply.number);
        return;
      case "log":
        this.log[reply.level]({ code: "LG664", ...reply.fields }, reply.message);
        return;
      default:
        reply satisfies never;
    }
  }

  private end(code: number): void {
    const expected = this.crash === undefined && this.pending.size === 0 && (this.closing ?? this.ended) !== undefined;
    if (expected) return;
    const reason = this.crash?.message ?? `it ended with code ${code}`;
    const error = new StoreError("failed", `the store's thread died: ${reason}`, { cause: this.crash });
    this.ended = error;
    const waiting = [...this.pending.values(), ...(this.opening === undefined ? [] : [this.opening])];
    this.pending.clear();
    for (const { reject } of waiting) reject(error);
    this.log.error({ code: "LG665", err: this.crash ?? error }, error.message);
    this.onFailure(error);
  }
}

function received({ kind, message, detail }: SentError): StoreError {
  return new StoreError(kind, message, { cause: detail });
}
