/** How servers fare, for whoever watches: looked at while somebody does, since so many layouts make a state. */
import { type Clock, SECOND } from "../../clock.ts";

export interface ServerState {
  /** Short Server ID. */
  readonly server: number;
  readonly state: string;
  readonly reason: string;
}

/** Tells each state that is another than a second before. Returns what ends it. */
export function watchServers(
  states: () => readonly ServerState[],
  clock: Clock,
  onChange: (state: ServerState) => void,
): () => void {
  let known = byServer(states());
  let cancel = (): void => {};
  const again = (): void => {
    cancel = clock.at(clock.monotonic() + SECOND, () => {
      const now = byServer(states());
      const before = known;
      known = now;
      again();
      for (const state of now.values()) {
        const old = before.get(state.server);
        if (old?.state !== state.state || old.reason !== state.reason) onChange(state);
      }
    });
  };
  again();
  return () => cancel();
}

function byServer(states: readonly ServerState[]): ReadonlyMap<number, ServerState> {
  return new Map(states.map((state) => [state.server, state]));
}
