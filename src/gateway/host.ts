/** What the machine and its service manager give the gateway. */
import { existsSync, readdirSync, readFileSync, statfsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { HOUR, MINUTE, type Millis, SECOND, systemClock, type UnixMillis } from "../clock.ts";
import type { SecretSources } from "../config/secrets.ts";
import type { Memory } from "../devices/gateway-objects.ts";
import type { LocalAddress } from "../servers/uplink/local-addresses.ts";
import { HELPER_SOCKET } from "../service/helper/requests.ts";
import type { HelperPlace } from "./machine-control.ts";
import { type Boot, type ClockSign, FIRST_TIME } from "./time/clock-verdict.ts";

/** systemd.exec(5), StateDirectory=: the directory that the service may write to, or several with colons between them. */
export function stateOfService(): { readonly defaultState?: string } {
  const { STATE_DIRECTORY = "" } = process.env;
  const [first = ""] = STATE_DIRECTORY.split(":");
  return first === "" ? {} : { defaultState: first };
}

/** Of lwm2m-gateway-helper.socket, and what a factory reset empties. */
export function helperOfService(): HelperPlace {
  const { defaultState: state } = stateOfService();
  return { socket: HELPER_SOCKET, ...(state === undefined ? {} : { state }) };
}

/** systemd.exec(5), LoadCredential=: the directory with what only this service may read; and the environment. */
export function secretsOfService(): SecretSources {
  const { CREDENTIALS_DIRECTORY = "" } = process.env;
  return { environment: process.env, ...(CREDENTIALS_DIRECTORY === "" ? {} : { credentials: CREDENTIALS_DIRECTORY }) };
}

/** What the machine takes for the time, where that can be: for what the files of a configuration say of dates. */
export function dateOfMachine(): { readonly now?: UnixMillis } {
  const now = systemClock.wall();
  return now < FIRST_TIME ? {} : { now };
}

/** The file system that holds the state directory; undefined where somebody took the directory away, which ends nothing. */
export function storageOf(directory: string): Memory | undefined {
  try {
    const { bsize, bavail, blocks } = statfsSync(directory);
    return { free: bsize * bavail, total: bsize * blocks };
  } catch {
    return undefined;
  }
}

/** This run of the machine. Linux names it; `process.hrtime` counts from its start there. `root`: of the file system. */
export function bootOf(root = "/"): Boot {
  const id = textOf(join(root, "proc/sys/kernel/random/boot_id"));
  return { id, uptime: Number(process.hrtime.bigint()) / NANOS_A_MILLI };
}

/** The addresses of the interfaces that are up: Node leaves out those without a carrier. */
export function localAddresses(): readonly LocalAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map(({ address, family }) => ({ name, address, family: family === "IPv6" ? 6 : 4 })),
  );
}

/** How the machine came by its time, as far as files say it. */
export function clockSign(root = "/", wall: UnixMillis = systemClock.wall()): ClockSign {
  // systemd-timesyncd.service(8): it makes the directory when it starts, and the file when it has set the clock.
  const timesync = join(root, "run/systemd/timesync");
  if (existsSync(join(timesync, "synchronized"))) return { type: "synchronized", by: "systemd-timesyncd" };
  const battery = batteryClock(join(root, "sys/class/rtc"), wall);
  if (battery !== undefined) return { type: "battery", by: battery };
  return existsSync(timesync) ? { type: "searching", by: "systemd-timesyncd" } : { type: "none" };
}

/**
 * The clock that the kernel set its own from (Documentation/ABI/testing/sysfs-class-rtc, hctosys). One that lost its power, or
 * never had a battery, says another time than the system, which has got one from elsewhere meanwhile.
 */
function batteryClock(directory: string, wall: UnixMillis): string | undefined {
  return namesIn(directory).find((name) => {
    const seconds = Number(textOf(join(directory, name, "since_epoch")) ?? Number.NaN);
    return textOf(join(directory, name, "hctosys")) === "1" && Math.abs(seconds * SECOND - wall) < LOCAL_TIME;
  });
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

/** Undefined where it cannot be read: not every system has it, and not every user may. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}

const NANOS_A_MILLI = 1e6;
/** A clock that another operating system keeps in local time is no further away. */
const LOCAL_TIME: Millis = 15 * HOUR + MINUTE;
