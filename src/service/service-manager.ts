/** The service manager, as the daemon sees it: it hears when the gateway is ready, reloads, stops, and how it stands. */
import { type Clock, MINUTE, type Millis, SECOND } from "../clock.ts";
import type { Notify } from "./notify.ts";

export interface ServiceManagerOptions {
  /** Undefined: there is none. */
  readonly notify: Notify | undefined;
  readonly clock: Clock;
  /** CLOCK_MONOTONIC in microseconds, by which it tells a reload from the one before. */
  readonly micros: () => bigint;
}

/** While something takes long, it is told so each time this is over: it takes nobody for dead who says that. */
const SAID_EVERY: Millis = 5 * SECOND;
const GRANTED: Millis = 20 * SECOND;
/** Nothing that goes well takes longer. */
const LONGEST: Millis = 10 * MINUTE;
const STATUS_EVERY: Millis = 5 * SECOND;

export class ServiceManager {
  private readonly options: ServiceManagerOptions;
  private stillBusy: () => void = () => {};
  private watching: () => void = () => {};
  private told = "";
  private stage: "starting" | "running" | "stopping" = "starting";

  constructor(options: ServiceManagerOptions) {
    this.options = options;
  }

  /** The start takes its time: until `ready`. */
  starting(): void {
    this.extend();
  }

  /** It runs and can be asked; after a reload: that is over. */
  ready(): void {
    if (this.stage === "stopping") return;
    this.stage = "running";
    this.stillBusy();
    this.tell(["READY=1"]);
  }

  /** It takes another configuration: until `ready`. */
  reloading(): void {
    if (this.stage !== "running") return;
    this.tell(["RELOADING=1", `MONOTONIC_USEC=${this.options.micros()}`]);
    this.extend();
  }

  stopping(): void {
    this.watching();
    this.stage = "stopping";
    this.tell(["STOPPING=1", "STATUS=stopping: de-registers"]);
    this.extend();
  }

  /** Shows from now on what the function gives, whenever that is something else: one line, looked at every few seconds. */
  show(line: () => string): void {
    const { notify, clock } = this.options;
    if (notify === undefined) return;
    const look = (): void => {
      const now = line();
      if (now !== this.told) this.tell([`STATUS=${now}`]);
      this.told = now;
      this.watching = clock.at(clock.monotonic() + STATUS_EVERY, look);
    };
    look();
  }

  /** Says nothing more. */
  close(): void {
    this.watching();
    this.stillBusy();
  }

  /** As often as it is told, it waits for another while. */
  private extend(): void {
    const { notify, clock } = this.options;
    this.stillBusy();
    if (notify === undefined) return;
    const end = clock.monotonic() + LONGEST;
    const again = (): void => {
      if (clock.monotonic() >= end) return;
      this.tell([`EXTEND_TIMEOUT_USEC=${GRANTED * 1000}`]);
      this.stillBusy = clock.at(clock.monotonic() + SAID_EVERY, again);
    };
    this.stillBusy = clock.at(clock.monotonic() + SAID_EVERY, again);
  }

  private tell(lines: readonly string[]): void {
    this.options.notify?.(lines);
  }
}
