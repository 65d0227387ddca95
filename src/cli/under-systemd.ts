/** The daemon as a service: systemd hears of its life, and its watchdog is fed. Where there is none, nothing of it happens. */
import { type Millis, systemClock } from "../clock.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { Standing } from "../gateway/standing.ts";
import type { Logger } from "../log.ts";
import type { LoadedAddon } from "../service/native.ts";
import { type Notify, notifier } from "../service/notify.ts";
import { ServiceManager } from "../service/service-manager.ts";
import { Watchdog, watchdogLimit } from "../service/watchdog.ts";
import { counted } from "./counted.ts";
import type { ReloadListener } from "./reloads.ts";

export class UnderSystemd implements ReloadListener {
  readonly manager: ServiceManager;
  private readonly notify: Notify | undefined;
  private readonly limit: Millis | undefined;
  private readonly addon: LoadedAddon;
  private readonly log: Logger;
  private watchdog: Watchdog | undefined;

  constructor(addon: LoadedAddon, log: Logger) {
    this.addon = addon;
    this.log = log;
    this.notify = notifier({ environment: process.env, addon, log });
    const micros = (): bigint => process.hrtime.bigint() / NANOS_A_MICRO;
    this.manager = new ServiceManager({ notify: this.notify, clock: systemClock, micros });
    this.limit = this.notify === undefined ? undefined : watchdogLimit(process.env, [process.pid, process.ppid]);
    this.manager.starting();
  }

  /** It runs, and its socket is there. */
  ready(gateway: Gateway): void {
    this.manager.ready();
    this.manager.show(() => standingText(gateway.standing));
    this.watch(gateway.pulses);
  }

  onReload(phase: "begin" | "end"): void {
    if (phase === "begin") this.manager.reloading();
    else this.manager.ready();
  }

  /** It closes one thing after the other: that the event loop turns is all that can be asked for. */
  stopping(): void {
    this.manager.stopping();
    if (this.watchdog !== undefined) this.watch([]);
  }

  close(): void {
    this.watchdog?.stop();
    this.manager.close();
  }

  /** What the start has left of the C heap goes back to the machine. */
  trimMemory(): void {
    if ("native" in this.addon) this.addon.native.trimMemory();
  }

  private watch(pulses: Gateway["pulses"]): void {
    const { limit, log, notify } = this;
    if (limit === undefined) return;
    this.watchdog?.stop();
    this.watchdog = new Watchdog({ limit, pulses, feed: () => notify?.(["WATCHDOG=1"]), clock: systemClock, log });
    this.watchdog.start();
  }
}

const NANOS_A_MICRO = 1000n;

/** The line of `systemctl status`: "registered at 1 of 1 server, 12 of 13 devices online, 0 waiting". */
export function standingText({ servers, devices, waiting }: Standing): string {
  const registered = `registered at ${servers.registered} of ${counted(servers.all, "server")}`;
  const online = `${devices.online} of ${counted(devices.all, "device")} online`;
  return `${registered}, ${online}, ${waiting} waiting`;
}
