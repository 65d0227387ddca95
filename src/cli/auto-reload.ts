/** `gateway.auto_reload`: the gateway takes its files whenever one of them changes. */
import type { Clock } from "../clock.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { Logger } from "../log.ts";
import { FileWatch } from "./file-watch.ts";
import type { Reloads } from "./reloads.ts";

export interface AutoReloadOptions {
  readonly gateway: Pick<Gateway, "reloading">;
  readonly reloads: Reloads;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is watched follows each reload: there may be other files, or it may be off by now. Returns what ends it. */
export function reloadOnChange({ gateway, reloads, clock, log }: AutoReloadOptions): () => Promise<void> {
  let watch: FileWatch | undefined;
  let turn: Promise<void> = Promise.resolve();
  let ended = false;
  const follow = async (): Promise<void> => {
    const watched = ended ? undefined : gateway.reloading.watched;
    if (watched === undefined) {
      await watch?.close();
      watch = undefined;
      return;
    }
    if (watch === undefined) log.info({ files: watched.files.length }, "the files of the configuration are watched");
    watch ??= new FileWatch({ clock, log, onChange: () => void reloads.ask("file watch") });
    await watch.adopt(watched);
  };
  const followInTurn = (): void => {
    turn = turn.then(follow);
  };
  reloads.listen({ onReload: (phase) => (phase === "end" ? followInTurn() : undefined) });
  followInTurn();
  return async () => {
    ended = true;
    followInTurn();
    await turn;
  };
}
