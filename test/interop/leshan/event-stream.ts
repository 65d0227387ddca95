import assert from "node:assert/strict";
import type { LeshanEvents } from "./messages.ts";

type Type = keyof LeshanEvents;
type Told = { readonly [T in Type]: { readonly type: T; readonly data: LeshanEvents[T] } }[Type];

const LIMIT = 20_000;

/** What Leshan tells as server-sent events. Each test looks at what came since its own beginning. */
export class EventStream {
  private readonly closing = new AbortController();
  private readonly told: Told[] = [];
  private waiting: (() => void)[] = [];
  private ended: Promise<void> = Promise.resolve();

  /** Resolves when the stream is open. */
  async open(url: string): Promise<void> {
    const response = await fetch(url, { signal: this.closing.signal });
    assert.ok(response.ok && response.body !== null, `${url} answered ${response.status}`);
    // The end of the server ends the stream, however it comes.
    this.ended = this.follow(response.body.pipeThrough(new TextDecoderStream())).catch(() => {});
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.ended;
  }

  /** How many were told so far: where what follows begins. */
  get mark(): number {
    return this.told.length;
  }

  /** All of one type since the mark, oldest first. */
  since<T extends Type>(mark: number, type: T): readonly LeshanEvents[T][] {
    return this.told.slice(mark).flatMap((event) => (isOf(event, type) ? [event.data] : []));
  }

  /** The first of this type since the mark that matches; waits for it where it has not come yet. */
  async next<T extends Type>(
    mark: number,
    type: T,
    matches: (data: LeshanEvents[T]) => boolean = () => true,
  ): Promise<LeshanEvents[T]> {
    const limit = AbortSignal.timeout(LIMIT);
    for (;;) {
      const found = this.since(mark, type).find(matches);
      if (found !== undefined) return found;
      const told = JSON.stringify(this.told.slice(mark), undefined, 1);
      assert.ok(!limit.aborted, `Leshan told no such ${type} within ${LIMIT} ms; it told ${told}`);
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve);
        limit.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  private async follow(stream: ReadableStream<string>): Promise<void> {
    let text = "";
    for await (const piece of stream) {
      const blocks = (text + piece).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) this.take(block);
    }
  }

  private take(block: string): void {
    const [, type, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
    if (type === undefined || data === undefined) return;
    this.told.push({ type, data: JSON.parse(data) } as Told);
    for (const wake of this.waiting.splice(0)) wake();
  }
}

function isOf<T extends Type>(
  event: Told,
  type: T,
): event is Told & { readonly type: T; readonly data: LeshanEvents[T] } {
  return event.type === type;
}
