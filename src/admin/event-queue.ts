/** Events between whoever makes them, who waits for nobody, and one listener, who may be slow. */
import type { StreamEvent } from "./route.ts";

/** Of one listener; a value is some 150 bytes. */
const MOST_EVENTS = 1000;

/** What a listener is too slow for is lost, the oldest first; an event `lost` then says how many, at their place. */
export class EventQueue implements AsyncIterable<StreamEvent> {
  private readonly most: number;
  private waiting: StreamEvent[] = [];
  private lost = 0;
  private ended = false;
  private wake: (() => void) | undefined;

  /** Ends by the signal. */
  constructor(signal: AbortSignal, most: number = MOST_EVENTS) {
    this.most = most;
    onceGone(signal, () => this.end());
  }

  push(event: StreamEvent): void {
    if (this.ended) return;
    this.waiting.push(event);
    if (this.waiting.length > this.most) {
      this.waiting.shift();
      this.lost++;
    }
    this.wake?.();
  }

  /** What waits is still heard. */
  end(): void {
    this.ended = true;
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StreamEvent> {
    for (;;) {
      if (this.lost > 0) {
        const count = this.lost;
        this.lost = 0;
        yield { event: "lost", data: { count } };
      }
      const next = this.waiting.shift();
      if (next !== undefined) yield next;
      else if (this.ended) return;
      else await this.woken();
    }
  }

  private woken(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}

/** Calls it when whoever listens goes; at once where that is so already. */
export function onceGone(signal: AbortSignal, stop: () => void): void {
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
}
