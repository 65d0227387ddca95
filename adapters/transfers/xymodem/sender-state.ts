/** What a sender waits for, and what of the file the receiver has by then. */
import type { Millis } from "../../../src/adapter.ts";
import type { BlockSize } from "./blocks.ts";
import type { Stage } from "./failures.ts";
import type { WishWatch } from "./wish-watch.ts";

/** What is sent and not acknowledged yet. */
export interface Sent {
  readonly what: Stage;
  readonly bytes: Uint8Array;
  /** Bytes of the file that the receiver has with it. */
  readonly offset: number;
}

export type SenderState =
  | { readonly name: "idle" | "over" }
  | { readonly name: "uninvited"; readonly until: Millis; readonly watch: WishWatch }
  | { readonly name: "reading"; readonly offset: number; readonly size: BlockSize }
  | {
      readonly name: "sent";
      readonly sent: Sent;
      readonly tries: number;
      readonly late: boolean;
      readonly until: Millis;
    }
  /** The receiver has acknowledged, and will ask for what follows: the first block, or another file. */
  | { readonly name: "awaited"; readonly next: "data" | "closing"; readonly until: Millis }
  | { readonly name: "settling"; readonly offset: number; readonly until: Millis };

/** The receiver has asked, and the transfer is not over. */
export type UnderWay = Exclude<SenderState, { readonly name: "idle" | "over" | "uninvited" }>;

export function deadlineOf(state: SenderState): Millis | undefined {
  switch (state.name) {
    case "idle":
    case "over":
    case "reading":
      return undefined;
    case "uninvited":
      return Math.min(state.until, state.watch.standsAt ?? state.until);
    case "sent":
    case "awaited":
    case "settling":
      return state.until;
  }
}

/** What the receiver knows. */
export function stageOf(state: UnderWay): Stage {
  if (state.name === "sent") return state.sent.what;
  if (state.name !== "awaited") return "data";
  return state.next === "data" ? "header" : "closing";
}
