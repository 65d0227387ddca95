/** A state directory that no gateway has open becomes this machine's. */
import { adopt } from "../../gateway/state/adoption.ts";
import { machineHash } from "../../gateway/state/machine.ts";
import { openStore, StoreError } from "../../store/store.ts";
import { FailureError } from "../command.ts";
import { stderrLogger } from "../stderr-logger.ts";

/** Brings it up to date on the way. Rejects with FailureError: where a gateway runs with it, or a later version wrote it. */
export async function adoptState(directory: string): Promise<void> {
  try {
    const store = await openStore({ directory, log: stderrLogger });
    try {
      await adopt(store, machineHash());
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.kind !== "locked") throw new FailureError(error.message, { cause: error });
    throw new FailureError(error.message, { code: "LG617", next: "systemctl stop lwm2m-gateway", cause: error });
  }
}
