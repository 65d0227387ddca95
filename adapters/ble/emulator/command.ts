/** What an HCI command is, and what it sees of the host that sent it. */
import type { ControllerState } from "./controller.ts";
import type { EventMasks } from "./event-masks.ts";
import type { Link } from "./link.ts";
import type { ConnectionParameters } from "./link-requests.ts";
import type { Scanner } from "./scanner.ts";

/** A host, as its commands see it. */
export interface Host {
  readonly controller: ControllerState;
  readonly scanner: Scanner;
  readonly masks: EventMasks;
  readonly connections: readonly Link[];
  readonly connecting: string | undefined;
  link(handle: number): Link | undefined;
  reset(): void;
  want(wanted: WantedConnection): void;
  cancelWanted(): void;
  send(packet: Uint8Array): void;
}

export interface WantedConnection {
  readonly address: string;
  readonly addressType: "public" | "random";
  readonly parameters: ConnectionParameters;
}

export interface Command {
  readonly length: number;
  readonly run: (host: Host, parameters: Uint8Array) => CommandAnswer;
}

/** `after`: what follows when the host has its answer. */
export type CommandAnswer = { readonly after?: () => void } & (
  | { readonly complete: readonly number[] | Uint8Array }
  | { readonly status: number }
);

/** HCI and Link Layer version: 5.4 (Assigned Numbers, 2.1). */
export const VERSION = 0x0d;
/** A company that there is not (Assigned Numbers, 7): nobody sends it commands of a vendor. */
export const COMPANY = 0xffff;

/** How long a packet of so many bytes is in the air on the 1M PHY, in microseconds (Vol. 6, Part B, 4.5.10). */
export function airTime(octets: number): number {
  return (octets + 14) * 8;
}
