/** In queue mode: what is to be sent during a sleep waits until the server has heard of us by an Update. Core 1.2 §6.5. */

/** Something that waits for us to be awake. */
interface Waiting {
  run(): void;
  /** The registration was lost meanwhile. */
  drop(): void;
}

export interface WakingOptions {
  readonly asleep: () => boolean;
  /** Sends an Update, where a registration stands. */
  readonly update: () => void;
}

export class Waking {
  private readonly options: WakingOptions;
  private readonly waiting: Waiting[] = [];
  /** From the first wish to send something until the answer to the Update. */
  private woken = false;

  constructor(options: WakingOptions) {
    this.options = options;
  }

  /** Runs at once, or after the Update that follows a sleep. */
  whenAwake(waiting: Waiting): void {
    if (!this.woken && !this.options.asleep()) {
      waiting.run();
      return;
    }
    this.waiting.push(waiting);
    this.wake();
  }

  wake(): void {
    if (this.woken || !this.options.asleep()) return;
    this.woken = true;
    this.options.update();
  }

  /** The server has heard of us. */
  ready(): void {
    this.woken = false;
    for (const { run } of this.waiting.splice(0)) run();
  }

  /** There is no registration any more. */
  lost(): void {
    this.woken = false;
    for (const { drop } of this.waiting.splice(0)) drop();
  }
}
