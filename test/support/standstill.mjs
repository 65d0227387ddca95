/**
 * For `node --import`: on SIGUSR1 the part of the gateway that STANDSTILL names stops for good, and everything else goes on.
 */
import { BroadcastChannel, isMainThread } from "node:worker_threads";

const { STANDSTILL: part, POLL_SCHEDULE: schedule = "" } = process.env;
const block = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
const channel = new BroadcastChannel("standstill");
channel.unref();

if (isMainThread) {
  process.on("SIGUSR1", () => {
    if (part === "loop") block();
    if (part === "store") channel.postMessage("stand still");
    if (part === "schedule") void stopPolls();
  });
} else {
  channel.onmessage = block;
}

/** Whose turn has come does not take it. */
async function stopPolls() {
  const { PollSchedule } = await import(schedule);
  const { handle } = PollSchedule.prototype;
  PollSchedule.prototype.handle = function (event, now) {
    return event.type === "timeout" ? [] : handle.call(this, event, now);
  };
}
