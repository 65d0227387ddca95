/**
 * The process of the integrity check: reads the whole history once, beside the store's thread, and ends. It is no thread, since
 * it may have to end at any moment, and a thread that ends while it loads or runs SQLite takes the gateway with it.
 */
import { constants, setPriority } from "node:os";
import { checkHistoryFile } from "./history/history-check.ts";

const [, , file = ""] = process.argv;
if (process.send === undefined) throw new Error("check-process.ts runs as a child of the gateway only");
// A stop of the whole group of processes is for the gateway, which ends this one.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
process.on("disconnect", () => process.exit());
setPriority(constants.priority.PRIORITY_LOW);
process.send(checkHistoryFile(file), () => process.exit());
