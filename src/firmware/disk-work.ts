/** What is being read and written, counted. */
export class DiskWork {
  private running = 0;

  /** Whether anything is waited for. */
  get busy(): boolean {
    return this.running > 0;
  }

  async of<T>(work: () => Promise<T>): Promise<T> {
    this.running++;
    try {
      return await work();
    } finally {
      this.running--;
    }
  }
}
