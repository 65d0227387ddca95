/** Reloads one after the other: whatever asks while one runs is served by one more, which reads the files as they are then. */
export class Reloads {
  private readonly reload: () => Promise<void>;
  private running: Promise<void> | undefined;
  private again = false;
  private stopped = false;

  /** `reload` rejects with nothing but bugs. */
  constructor(reload: () => Promise<void>) {
    this.reload = reload;
  }

  ask(): void {
    this.again = !this.stopped;
    if (this.running === undefined && !this.stopped) this.running = this.work();
  }

  /** Takes no more, and waits for the one that runs. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.again = false;
    await this.running;
  }

  private async work(): Promise<void> {
    try {
      while (this.again) {
        this.again = false;
        await this.reload();
      }
    } finally {
      this.running = undefined;
    }
  }
}
