import type { Clock, Millis } from "../../src/adapter.ts";

/** The promise, or a rejection once the span is over: an answer may never come. What comes later is ignored. */
export function withDeadline<T>(
  promise: Promise<T>,
  { clock, span, late }: { readonly clock: Clock; readonly span: Millis; readonly late: () => Error },
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = clock.at(clock.monotonic() + span, () => reject(late()));
    settle(promise, cancel, { resolve, reject });
  });
}

/** Resolves at the given time; rejects with the signal's reason where that comes first. */
export function until(time: Millis, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = (): void => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.at(time, () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    signal.addEventListener("abort", abort, { once: true });
  });
}

/** The promise, or the reason of the signal that is aborted first. What becomes of the promise afterwards is ignored. */
export function orAborted<T>(promise: Promise<T>, ...signals: readonly AbortSignal[]): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signals.find(({ aborted }) => aborted)?.reason);
    if (signals.some(({ aborted }) => aborted)) {
      promise.catch(() => {});
      return abort();
    }
    for (const signal of signals) signal.addEventListener("abort", abort, { once: true });
    const end = (): void => {
      for (const signal of signals) signal.removeEventListener("abort", abort);
    };
    settle(promise, end, { resolve, reject });
  });
}

interface Settling<T> {
  resolve(value: T): void;
  reject(reason: unknown): void;
}

/** Ends the wait, then settles: without the promises that `finally` would make, for it is done for each packet of an image. */
function settle<T>(promise: Promise<T>, end: () => void, { resolve, reject }: Settling<T>): void {
  promise.then(
    (value) => {
      end();
      resolve(value);
    },
    (reason: unknown) => {
      end();
      reject(reason);
    },
  );
}
