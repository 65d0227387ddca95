/** Everything about firmware, made of the configuration and of what there is on the disk. */
import { join } from "node:path";
import type { Random } from "../../clock.ts";
import type { LoadedConfig } from "../../config/types.ts";
import type { Devices } from "../../devices/devices.ts";
import { FirmwareEngine } from "../../firmware/engine.ts";
import { type ExecContext, execTarget } from "../../firmware/exec/exec-target.ts";
import { endLeftovers } from "../../firmware/exec/leftovers.ts";
import { ImageServer } from "../../firmware/http/image-server.ts";
import { FIRMWARE, ImageFiles } from "../../firmware/image-files.ts";
import { KeptFirmwares } from "../../firmware/kept-firmware.ts";
import type { FirmwareTarget } from "../../firmware/target.ts";
import type { Logger } from "../../log.ts";
import type { Store } from "../../store/store.ts";
import type { GatewayStatus } from "../status.ts";
import type { GatewayClock } from "../time/gateway-clock.ts";
import { requiredObject } from "../trees.ts";
import { downloaders } from "./downloads.ts";
import { FirmwareAdmin } from "./firmware-admin.ts";
import { Firmwares, type FirmwaresOptions } from "./firmwares.ts";

export interface FirmwareParts extends Pick<FirmwaresOptions, "onChange" | "onProgress" | "self"> {
  readonly config: LoadedConfig;
  /** Of the state. */
  readonly directory: string;
  readonly store: Pick<Store, "loadFirmware" | "saveFirmware">;
  readonly devices: Pick<Devices, "target">;
  readonly clock: GatewayClock;
  readonly random: Random;
  readonly log: Logger;
}

/** Nothing is read or opened before a device is adopted. */
export function makeFirmwares(parts: FirmwareParts): JoinedFirmwares {
  const { config, directory, store, devices, clock, random, log } = parts;
  const { maxSize, window, http, exec } = config.gateway.firmware;
  const folder = join(directory, FIRMWARE);
  const images = new ImageFiles({ directory: folder, log });
  const kept = new KeptFirmwares({ store, clock, log });
  const offers = http === undefined ? undefined : new ImageServer(http, { clock, log, random });
  const engine = new FirmwareEngine({
    ...{ clock, log, random, kept },
    ...(window === undefined ? {} : { window }),
    ...(offers === undefined ? {} : { offers }),
  });
  const firmwares = new Firmwares({
    ...parts,
    ...{ images, maxSize },
    definition: requiredObject(config.catalogue, 5, "1.2"),
    downloaders: downloaders({ servers: config.servers, settings: config.gateway.firmware, clock, random, log }),
    // Before a link is opened: they may have its port.
    load: () => Promise.all([kept.load(), programsEnded()]).then(() => {}),
    kept: (owner) => kept.of(owner),
    moved: (from, to) => kept.moved(from, to),
    target: (id) => withProgram(devices.target(id), { clock, log, allowed: exec }),
    jobsOf: (owner) => engine.jobsOf(owner),
  });
  const programsEnded = async (): Promise<void> => {
    if (exec.length > 0) await endLeftovers({ clock, log, directory: folder });
  };
  const close = async (): Promise<void> => {
    await firmwares.close();
    await offers?.close();
    await kept.flush();
  };
  const status = (): Pick<GatewayStatus, "firmware"> => {
    const firmware = firmwares.status();
    return firmware.length === 0 ? {} : { firmware };
  };
  const admin = new FirmwareAdmin({ source: firmwares, jobs: engine, wall: () => clock.wall() });
  return { firmwares, engine, images, admin, status, close };
}

/** A device to which a program brings its images needs nothing of its adapter for that. */
function withProgram(target: FirmwareTarget | undefined, context: ExecContext): FirmwareTarget | undefined {
  return target?.plan.via === "exec" ? execTarget(target, context) : target;
}

export interface JoinedFirmwares {
  readonly firmwares: Firmwares;
  /** For what a person does to jobs. */
  readonly engine: FirmwareEngine;
  readonly images: Pick<ImageFiles, "busy">;
  readonly admin: FirmwareAdmin;
  readonly status: () => Pick<GatewayStatus, "firmware">;
  /** What is under way goes on in the next process. Never rejects. */
  readonly close: () => Promise<void>;
}
