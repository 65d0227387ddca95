import type { Clock, Millis } from "../../clock.ts";

/** Resolves after this time, or when the signal ends it. */
export function paused(clock: Clock, time: Millis, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = clock.at(clock.monotonic() + time, () => end());
    const end = (): void => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    signal.addEventListener("abort", end, { once: true });
  });
}
