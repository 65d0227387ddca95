/** What the gateway has on disk, opened and closed in order. */
import type { StoreSettings } from "../../config/store-settings.ts";
import { reasonOf } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { type History, StoreError } from "../../store/store.ts";
import type { GatewayClock } from "../time/gateway-clock.ts";
import type { OpenedState } from "./opened-state.ts";

export interface Kept extends OpenedState {
  /** What servers are owed and do not have yet. */
  readonly history: History;
}

/** Closes the store where its history cannot be opened. Rejects with StoreError. */
export async function withHistory(opened: OpenedState, settings: StoreSettings, clock: GatewayClock): Promise<Kept> {
  const { store } = opened;
  const { max: bytes, keep: age, share, commit, whenFull } = settings;
  try {
    return {
      ...opened,
      history: await store.openHistory({ clock, boot: clock.boot, bytes, age, share, commit, whenFull }),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** An orderly stop: everything is written first. */
export async function closeKept({ store, history, discard }: Kept, log: Logger): Promise<void> {
  try {
    await history.flush();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    log.error(
      { code: "LG663", reason: reasonOf(error) },
      "what servers do not have yet is not on disk, and is lost with this stop",
    );
  } finally {
    await store.close();
    discard?.();
  }
}
