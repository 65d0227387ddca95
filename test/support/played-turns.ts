/** The turns of an adapter on a fake clock, without an adapter: what they want done is noted with its second. */
import { type TurnEvent, type TurnSettings, Turns } from "../../adapters/ble/central/turns.ts";
import { drive } from "../../src/machine.ts";
import { FakeClock } from "./fake-clock.ts";

export interface PlayedTurns {
  readonly clock: FakeClock;
  readonly turns: Turns;
  /** Who is connected, as the test says. */
  readonly connections: ReadonlySet<number>;
  /** What happens now. */
  say(...events: readonly TurnEvent[]): void;
  /** "0 scan", "3 connect 7", "4.5 release 7": what is wanted since the last time. */
  news(): readonly string[];
}

/** An adapter that is up, with devices of these ids, which are kept and whose addresses are known. */
export function playedTurns(settings: Partial<TurnSettings> = {}, ids: readonly number[] = []): PlayedTurns {
  const clock = new FakeClock();
  const turns = new Turns({ scan: true, connections: 4, random: (bytes) => new Uint8Array(bytes), ...settings });
  const connections = new Set<number>();
  const wanted: string[] = [];
  const feed = drive(turns, clock, (effect) => {
    const whom = "id" in effect ? ` ${effect.id}` : "limit" in effect ? ` ${effect.limit}` : "";
    wanted.push(`${clock.monotonic() / 1000} ${effect.type}${whom}`);
  });
  for (const id of ids) feed({ type: "join", id, keep: true, known: true });
  feed({ type: "up" });
  return {
    ...{ clock, turns, connections },
    say: (...events) => {
      for (const event of events) {
        if (event.type === "connected") connections.add(event.id);
        if (event.type === "ended") connections.delete(event.id);
        feed(event);
      }
    },
    news: () => wanted.splice(0),
  };
}

export const heard = (id: number): TurnEvent => ({ type: "heard", id });
export const connected = (id: number): TurnEvent => ({ type: "connected", id });
export const failed = (id: number): TurnEvent => ({ type: "failed", id, full: false });
/** We ended it. */
export const released = (id: number): TurnEvent => ({ type: "ended", id, lost: false, served: true });
/** It was good for something, and then lost. */
export const lost = (id: number): TurnEvent => ({ type: "ended", id, lost: true, served: true });

/** Whom a word is about. */
export const idOf = (word: string): number => Number(word.split(" ").at(-1));
