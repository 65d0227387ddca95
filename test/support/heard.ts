/** What came, in order; and a promise for what is yet to come, so that no test has to look again and again. */
export class Heard<T> {
  readonly all: T[] = [];
  private readonly waiting = new Set<() => void>();

  push(one: T): number {
    const count = this.all.push(one);
    for (const look of [...this.waiting]) look();
    return count;
  }

  /** Resolves with the first that is meant, which may have come already. */
  find(isMeant: (one: T) => boolean): Promise<T> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.all.find(isMeant);
        if (found === undefined) return;
        this.waiting.delete(look);
        resolve(found);
      };
      this.waiting.add(look);
      look();
    });
  }

  /** Resolves when so many have come. */
  count(wanted: number): Promise<readonly T[]> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.all.length < wanted) return;
        this.waiting.delete(look);
        resolve(this.all);
      };
      this.waiting.add(look);
      look();
    });
  }

  /** From now on it is as if nothing had come. */
  forget(): void {
    this.all.length = 0;
  }
}
