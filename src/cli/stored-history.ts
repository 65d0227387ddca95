/** The history as it lies on the disk, with a gateway beside it or without. */
import { join } from "node:path";
import { HISTORY_FILE } from "../gateway/waiting/store-report.ts";
import { readHistoryFile, type StoredHistory } from "../store/history/history-reader.ts";
import { StoreError } from "../store/store.ts";
import { FailureError } from "./command.ts";

/**
 * What the work gives; undefined where nothing was ever kept. What is damaged is told on standard error. Rejects with FailureError
 * where the file cannot be read.
 */
export async function withStoredHistory<T>(
  directory: string,
  work: (history: StoredHistory) => T | Promise<T>,
): Promise<T | undefined> {
  let history: StoredHistory | undefined;
  try {
    history = readHistoryFile(join(directory, HISTORY_FILE), (problem) => {
      process.stderr.write(`lwm2m-gateway: ${problem}\n`);
    });
    return history === undefined ? undefined : await work(history);
  } catch (error) {
    throw error instanceof StoreError ? new FailureError(error.message, { cause: error }) : error;
  } finally {
    history?.close();
  }
}
