/** What is asked of one device: published, and where there is an answer, awaited. One after the other, so that answers are told apart. */
import { type AdapterContext, DeviceError, formatDuration, type Millis, type RawValue } from "../../src/adapter.ts";
import { orAborted, withDeadline } from "../wires/deadline.ts";
import type { BrokerLine } from "./broker-line.ts";
import type { Message } from "./message.ts";
import { readReply } from "./reply.ts";
import type { Publication, ReplySpec, RequestSpec } from "./request-spec.ts";
import { payloadOf } from "./template.ts";

/** What of a line requests need. */
export type RequestLine = Pick<BrokerLine, "publish" | "subscribe" | "route" | "nextId" | "responseTopic">;

/** An answer that is awaited. */
interface Awaited {
  readonly answer: Promise<Message>;
  /** Messages came on that topic that are none. */
  heardOthers(): number;
  forget(): void;
}

export class Requester {
  private readonly line: RequestLine;
  private readonly context: AdapterContext;
  private readonly signal: AbortSignal;
  private readonly endings: readonly (() => void)[];
  private last: Promise<unknown> = Promise.resolve();

  /** `signal`: the device is detached, with the reason. */
  constructor(line: RequestLine, requests: Iterable<RequestSpec>, context: AdapterContext, signal: AbortSignal) {
    this.line = line;
    this.context = context;
    this.signal = signal;
    this.endings = [...requests].flatMap(({ reply, qos }) =>
      reply === undefined ? [] : [line.subscribe(this.filterOf(reply), qos)],
    );
  }

  /**
   * Resolves with the answer; where there is none to await, with nothing when the broker has the request. Rejects with
   * DeviceError: `rejected` where the device, or the broker, says no.
   */
  ask(request: RequestSpec, value?: RawValue): Promise<Message | undefined> {
    return this.inTurn(() => this.exchange(request, value));
  }

  /** Publishes what has no answer. */
  publish(publication: Publication, timeout: Millis): Promise<void> {
    return this.inTurn(() => this.line.publish({ ...publication, payload: this.payload(publication) }, timeout));
  }

  close(): void {
    for (const end of this.endings) end();
  }

  /** Commands of one device keep their order, and one that fails does not stop the next. */
  private inTurn<T>(task: () => Promise<T>): Promise<T> {
    const run = this.last.then(() => {
      this.signal.throwIfAborted();
      return orAborted(task(), this.signal);
    });
    this.last = run.catch(() => {});
    return run;
  }

  private async exchange(request: RequestSpec, value: RawValue | undefined): Promise<Message | undefined> {
    const { name, timeout, reply } = request;
    const id = this.line.nextId();
    try {
      const payload = payloadOf(request.payload, { value, id });
      const outgoing = { ...request, payload };
      if (reply === undefined) {
        await this.line.publish(outgoing, timeout);
        return undefined;
      }
      return await this.answered(outgoing, { reply, id, timeout });
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      throw new DeviceError(error.kind, `${name}: ${error.message}`, { cause: error });
    }
  }

  private async answered(
    { topic, payload, qos, retain }: Omit<Publication, "payload"> & { readonly payload: Buffer },
    { reply, id, timeout }: { readonly reply: ReplySpec; readonly id: number; readonly timeout: Millis },
  ): Promise<Message> {
    const filter = this.filterOf(reply);
    const correlation = reply.filter === undefined ? Buffer.from(id.toString(16).padStart(8, "0")) : undefined;
    const awaited = this.await(filter, reply, { id, correlation });
    const response = correlation === undefined ? {} : { response: { topic: filter, correlation } };
    const late = (): DeviceError => {
      const others = awaited.heardOthers();
      const what =
        others === 0
          ? ""
          : `; ${others} ${others === 1 ? "message" : "messages"} came that ${others === 1 ? "is" : "are"} none`;
      return new DeviceError("unreachable", `no answer on "${filter}" within ${formatDuration(timeout)}${what}`);
    };
    try {
      const { clock } = this.context;
      const sent = this.line.publish({ topic, payload, qos, retain, ...response }, timeout);
      const [, message] = await withDeadline(Promise.all([sent, awaited.answer]), { clock, span: timeout, late });
      return message;
    } finally {
      awaited.forget();
    }
  }

  private await(
    filter: string,
    reply: ReplySpec,
    { id, correlation }: { readonly id: number; readonly correlation: Buffer | undefined },
  ): Awaited {
    let others = 0;
    let forget = (): void => {};
    const answer = new Promise<Message>((resolve, reject) => {
      const take = (message: Message): void => {
        // What the broker had kept answers what was asked before.
        if (message.retained) return;
        const isOurs =
          correlation === undefined || (message.correlation !== undefined && correlation.equals(message.correlation));
        const outcome = isOurs ? readReply(reply, id, message) : ({ kind: "other" } as const);
        switch (outcome.kind) {
          case "other":
            others++;
            return;
          case "done":
            resolve(message);
            return;
          case "refused":
            reject(new DeviceError("rejected", outcome.reason));
            return;
          default:
            outcome satisfies never;
        }
      };
      forget = this.line.route({ filter, only: [], take });
    });
    // It may come before the broker has confirmed, when nobody waits for it yet.
    answer.catch(() => {});
    return { answer, heardOthers: () => others, forget };
  }

  private filterOf({ filter }: ReplySpec): string {
    return filter ?? this.line.responseTopic;
  }

  private payload({ payload }: Publication): Buffer {
    return payloadOf(payload, { id: this.line.nextId() });
  }
}
