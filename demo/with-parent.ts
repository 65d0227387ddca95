/**
 * Loaded before a program of the demo: it ends when its parent is gone, which a SIGKILL leaves no time to say. The channel to
 * the parent tells.
 */
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
// To listen to it is no reason to stay.
process.channel?.unref();
