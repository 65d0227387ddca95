/** How long a job waits before it tries again, and how long it bears with what does not move. */
import { HOUR, MINUTE, type Millis, SECOND } from "../clock.ts";

/** After the n-th failure in a row, from 1 on. */
export function retryPause(failures: number): Millis {
  return Math.min(5 * SECOND * 2 ** (failures - 1), 5 * MINUTE);
}

/** A device that is busy is asked again: it waits for its battery, or for somebody's work to end. */
export function busyPause(times: number): Millis {
  return Math.min(MINUTE * 2 ** (times - 1), HOUR);
}

/** No byte in so long: whatever the way believes, it is stuck. Large flashes are erased in less. */
export const STUCK: Millis = 10 * MINUTE;
