/** What devices publish by MQTT while a subject listens, and whether it has arrived there. */
import type { Generator } from "./load/generator.ts";
import { machineTime } from "./load/orders.ts";
import { pause } from "./run.ts";
import { MARK, type Publisher } from "./subjects/messages.ts";

/** As fast as it goes: so many messages are sent before the next are, and twice as many are under way at most. */
const CHUNK = 20_000;
/** How often it is asked whether the last message has arrived, and how long that may take at most. In milliseconds. */
const LOOK_EVERY = 10;
const PATIENCE = 60_000;
/** text/plain. */
const TEXT = 0;

interface Sent {
  readonly mark: number;
  /** When its last message left, on the clock that all processes share. */
  readonly lastAt: number;
}

/** Each part ends with a mark of its own, a message of one device more. */
export class MessageStream {
  private readonly publisher: Publisher;
  private readonly generator: Generator;
  private mark = 0;

  constructor(publisher: Publisher, generator: Generator) {
    this.publisher = publisher;
    this.generator = generator;
  }

  /** Resolves with its mark when it has left. */
  async send(order: { readonly count: number; readonly perSecond?: number }): Promise<Sent> {
    const mark = ++this.mark;
    const { lastAt } = await this.publisher.publish({ ...order, mark });
    return { mark, lastAt };
  }

  /** Resolves with the time when it was seen. */
  async arrived({ mark, lastAt }: Sent): Promise<number> {
    for (;;) {
      const { text } = await this.generator.get({ path: MARK, accept: TEXT });
      const now = machineTime();
      if (Number(text) >= mark) return now;
      if (now > lastAt + PATIENCE) throw new Error(`mark ${mark} has not arrived; the last was ${text}`);
      await pause(LOOK_EVERY);
    }
  }

  /** Two parts are under way, so that the subject never waits, nor the broker keeps much. */
  async flatOut(count: number): Promise<void> {
    let arrived: Promise<unknown> = Promise.resolve();
    for (let done = 0; done < count; done += CHUNK) {
      const sent = await this.send({ count: CHUNK });
      await arrived;
      arrived = this.arrived(sent);
    }
    await arrived;
  }
}
