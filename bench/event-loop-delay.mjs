/**
 * Loaded before the program under test (`node --import`): how late its event loop is, told to the benchmark over the
 * channel between the two. Nothing of the program knows of it.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

/** Milliseconds between two looks; the histogram counts it in. */
const RESOLUTION = 1;

if (isMainThread && process.send !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  process.on("message", (order) => {
    if (order === "begin delay") {
      delay.reset();
      delay.enable();
    } else if (order === "end delay") {
      delay.disable();
      const beyond = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION);
      process.send({ p99: beyond(delay.percentile(99)), p999: beyond(delay.percentile(99.9)), max: beyond(delay.max) });
    }
  });
  process.channel?.unref();
}
