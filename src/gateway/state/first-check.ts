/** The files are read once, to find damage while it is new: after the start, which is not to wait for it. */
import { type Clock, MINUTE, type Millis } from "../../clock.ts";
import { type Store, StoreError } from "../../store/store.ts";

/** Where no server registers us. */
const LATEST: Millis = 5 * MINUTE;

export class FirstCheck {
  private readonly store: Pick<Store, "checkIntegrity">;
  private cancel: (() => void) | undefined;

  constructor(store: Pick<Store, "checkIntegrity">, clock: Clock) {
    this.store = store;
    this.cancel = clock.at(clock.monotonic() + LATEST, () => this.run());
  }

  /** A server has registered us; what comes after the first time is no news. */
  run(): void {
    if (this.cancel === undefined) return;
    this.stop();
    this.store.checkIntegrity().catch((error: unknown) => {
      // A store that failed, or is closed, says so where it matters.
      if (!(error instanceof StoreError)) throw error;
    });
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }
}
