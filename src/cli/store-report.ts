/** What waits for servers: of the running gateway, or where none runs as it lies on the disk. */
import { join } from "node:path";
import { systemClock } from "../clock.ts";
import { HISTORY_FILE, type StoreReport, storeReport } from "../gateway/waiting/store-report.ts";
import { askGateway, NotRunning } from "./admin.ts";
import type { Arguments } from "./command.ts";
import { statePlace } from "./state-directory.ts";
import { withStoredHistory } from "./stored-history.ts";

/** Rejects as askGateway does, or with FailureError where the file cannot be read. */
export async function storeReportOf(args: Arguments): Promise<StoreReport> {
  try {
    // The answer is our own program's, on a socket that only its user can open.
    return (await askGateway(args, "/v1/store")) as StoreReport;
  } catch (error) {
    // Who names a socket asks that gateway and no file.
    if (!(error instanceof NotRunning) || args.text("socket") !== undefined) throw error;
    return fromFile(args);
  }
}

async function fromFile(args: Arguments): Promise<StoreReport> {
  const { config, directory } = await statePlace(args, HISTORY_FILE);
  const limit = config.gateway.store.max;
  const context = {
    source: "file",
    file: join(directory, HISTORY_FILE),
    now: systemClock.wall(),
    servers: config.servers.map(({ id }) => id),
  } as const;
  const found = await withStoredHistory(directory, ({ stats }) => storeReport({ ...stats, limit }, context));
  const nothing = { observations: new Map(), bytes: 0, fileBytes: 0, oldest: undefined };
  return found ?? storeReport({ ...nothing, limit }, context);
}
