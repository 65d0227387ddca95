/** This thread's end of one association by node-dtls-client: datagrams and data in and out, as with any other provider. */
import { Worker } from "node:worker_threads";
import { reasonOf } from "../../errors.ts";
import { workerUrl } from "../../locate.ts";
import type { FromThread, ThreadFailure, ThreadOpening, ToThread } from "./protocol.ts";

export interface ClientListener {
  /** To be sent to the server; `finished`: nothing is missing that a client says in a handshake. */
  onDatagram(bytes: Uint8Array, finished: boolean): void;
  onData(bytes: Uint8Array): void;
  onConnected(suite: number): void;
  /** Once, and the last. Undefined: a close_notify, ours or the server's. */
  onEnd(failure: ThreadFailure | undefined): void;
}

/** So that junk from the network can fill this thread's memory, not the machine's. */
const MOST_MEGABYTES = 48;

export class NodeDtlsClient {
  private readonly worker: Worker;
  private readonly listener: ClientListener;
  private ended = false;

  /** Begins its handshake at once. */
  constructor(opening: ThreadOpening, listener: ClientListener) {
    this.listener = listener;
    this.worker = new Worker(workerUrl(import.meta.url, "thread"), {
      name: "node-dtls-client",
      workerData: opening,
      // The package would print what it does where DEBUG says so.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
    });
    this.worker.on("message", (message: FromThread) => this.take(message));
    this.worker.on("error", (error) => this.end({ reason: reasonOf(error) }));
    this.worker.on("exit", (code) => this.end({ reason: `its thread ended with code ${code}` }));
  }

  receive(bytes: Uint8Array): void {
    this.post({ type: "datagram", bytes });
  }

  send(bytes: Uint8Array): void {
    this.post({ type: "data", bytes });
  }

  /** Takes leave of the server: `onEnd` follows. */
  leave(): void {
    this.post({ type: "close" });
  }

  /** Ends the thread, without a word to anybody. */
  async stop(): Promise<void> {
    this.ended = true;
    await this.worker.terminate();
  }

  private post(message: ToThread): void {
    if (!this.ended) this.worker.postMessage(message);
  }

  private take(message: FromThread): void {
    if (this.ended) return;
    switch (message.type) {
      case "datagram":
        this.listener.onDatagram(message.bytes, message.finished);
        break;
      case "data":
        this.listener.onData(message.bytes);
        break;
      case "connected":
        this.listener.onConnected(message.suite);
        break;
      case "closed":
        this.end(undefined);
        break;
      case "failed":
        this.end(message.failure);
        break;
      default:
        message satisfies never;
    }
  }

  private end(failure: ThreadFailure | undefined): void {
    if (this.ended) return;
    this.ended = true;
    this.listener.onEnd(failure);
  }
}
