import type { Clock, Millis } from "../../src/adapter.ts";

/** The promise, or a rejection once the span is over: an answer may never come. What comes later is ignored. */
export function withDeadline<T>(
  promise: Promise<T>,
  { clock, span, late }: { readonly clock: Clock; readonly span: Millis; readonly late: () => Error },
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = clock.at(clock.monotonic() + span, () => reject(late()));
    promise.finally(cancel).then(resolve, reject);
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

/** The promise, or the signal's reason. What becomes of the promise afterwards is ignored. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) {
      promise.catch(() => {});
      return abort();
    }
    signal.addEventListener("abort", abort, { once: true });
    promise.finally(() => signal.removeEventListener("abort", abort)).then(resolve, reject);
  });
}
