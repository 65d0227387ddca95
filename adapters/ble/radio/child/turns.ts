/** One thing at a time, in the order in which it was asked for. */
export class Turns {
  private last: Promise<void> = Promise.resolve();

  /** Resolves when it is one's turn, with what ends it. Whoever does not wait any more ends it nonetheless. */
  take(): { readonly begun: Promise<void>; readonly end: () => void } {
    const begun = this.last;
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.last = begun.then(() => ended);
    return { begun, end };
  }
}
