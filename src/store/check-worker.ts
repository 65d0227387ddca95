/** The thread of the integrity check: reads the whole history once, beside the store's thread, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { checkHistoryFile } from "./history/history-check.ts";

if (parentPort === null) throw new Error("check-worker.ts runs as a worker thread only");
parentPort.postMessage(checkHistoryFile(String(workerData)));
