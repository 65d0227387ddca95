/** What a gateway is started with, and the rim of it that a test replaces. */
import type { AdapterModule } from "../adapter.ts";
import type { Clock, Random } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { LocalAddresses } from "../servers/uplink/local-addresses.ts";
import type { HelperPlace } from "./machine-control.ts";
import type { Boot, ClockSign } from "./time/clock-verdict.ts";
import type { OpenTransport } from "./transport/schemes.ts";

export interface GatewayOptions {
  /** Path of config.yaml. */
  readonly configFile: string;
  /** The machine's. */
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The store's thread died: the process must end, so that it is started again. */
  readonly onFatal: (error: Error) => void;
  /** The process must end in order, so that it is started again: another version of it is to run. */
  readonly onRestart?: () => void;
  /** The outermost rim, which a test replaces; by default real sockets and the adapters of `adapters/`. */
  readonly edges?: Partial<Edges>;
}

export interface Edges {
  readonly adapters: readonly AdapterModule[];
  readonly openTransport: OpenTransport;
  readonly localAddresses: LocalAddresses;
  readonly helper: HelperPlace;
  readonly boot: () => Boot;
  readonly clockSign: () => ClockSign;
  /** Of the machine's id; undefined: it has none. */
  readonly machine: () => string | undefined;
}
