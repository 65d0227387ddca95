/** Keys of which each may stand once. Numbers mostly rise, and are then new without a look at those before. */
export class DistinctKeys {
  private largest = -1;
  private readonly rising: number[] = [];
  private others: Set<unknown> | undefined;

  /** Whether the key is new. */
  add(key: unknown): boolean {
    if (typeof key === "number" && key > this.largest) {
      this.largest = key;
      if (this.others === undefined) this.rising.push(key);
      else this.others.add(key);
      return true;
    }
    this.others ??= new Set<unknown>(this.rising);
    if (this.others.has(key)) return false;
    this.others.add(key);
    return true;
  }

  clear(): void {
    this.largest = -1;
    this.rising.length = 0;
    this.others = undefined;
  }
}
