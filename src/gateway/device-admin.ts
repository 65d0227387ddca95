/** What a person does with a device by name: have it forgotten for good, or say that its hardware was replaced. */
import type { LoadedConfig } from "../config/types.ts";
import type { Devices } from "../devices/devices.ts";
import type { Logger } from "../log.ts";
import { nearestNames } from "../near-miss.ts";
import type { DevicePlace, Store } from "../store/store.ts";
import type { ForgetWish, Forgotten } from "./waiting/forgetting.ts";

export interface DeviceAdminOptions {
  readonly store: Pick<Store, "loadPlaces" | "forgetDevice">;
  readonly devices: Pick<Devices, "get">;
  readonly config: () => LoadedConfig;
  /** Drops what waits. */
  readonly forget: (wish: ForgetWish) => Promise<Forgotten>;
  /** Removes its image. */
  readonly forgetFirmware: (id: string, prefix: string) => Promise<void>;
  readonly log: Logger;
}

/** What is known of an id; `refused`: why it cannot be forgotten. */
export type KnownDevice = { readonly prefix: string } | { readonly refused: string };

export type ForgottenDevice = ({ readonly prefix: string } & Forgotten) | { readonly refused: string };

export class DeviceAdmin {
  private readonly options: DeviceAdminOptions;

  constructor(options: DeviceAdminOptions) {
    this.options = options;
  }

  /** Whether it can be forgotten. Rejects with StoreError. */
  async known(id: string): Promise<KnownDevice> {
    return forgettable(id, await this.options.store.loadPlaces(), this.options.config());
  }

  /** Its prefix is free, its instances and what waits of it are gone. Rejects with StoreError. */
  async forget(id: string): Promise<ForgottenDevice> {
    const { store, forget, forgetFirmware, log } = this.options;
    const known = await this.known(id);
    if ("refused" in known) return known;
    // What waits first: its prefix must not be another's while servers may still get it.
    const forgotten = await forget({ device: known.prefix });
    await store.forgetDevice(id);
    await forgetFirmware(id, known.prefix);
    log.warn(
      { code: "LG669", device: id, prefix: known.prefix },
      "somebody had the device forgotten: its prefix is free",
    );
    return { ...known, ...forgotten };
  }

  /** What was learned of the old hardware is gone; prefix, instances and history stay. */
  replace(id: string): KnownDevice {
    const { devices, config, log } = this.options;
    const device = devices.get(id);
    if (device === undefined) {
      return {
        refused: `no device "${id}" runs${near(
          id,
          config().devices.map((each) => each.id),
        )}`,
      };
    }
    device.replaced();
    log.warn({ code: "LG669", device: id }, "somebody said that the hardware of the device was replaced");
    return { prefix: device.prefix };
  }
}

/** A device that is configured would get its prefix again at once. */
export function forgettable(
  id: string,
  places: ReadonlyMap<string, DevicePlace>,
  { devices, disabled }: Pick<LoadedConfig, "devices" | "disabled">,
): KnownDevice {
  const place = places.get(id);
  if (place === undefined) return { refused: `nothing is kept of a device "${id}"${near(id, [...places.keys()])}` };
  const configured = [...devices, ...disabled].some((device) => device.id === id);
  if (!configured) return { prefix: place.prefix };
  return {
    refused: `device "${id}" is configured: take it out of the configuration, and reload, before it is forgotten`,
  };
}

function near(id: string, ids: readonly string[]): string {
  const [nearest] = nearestNames(id, ids, 1);
  return nearest === undefined ? "" : `; did you mean "${nearest}"?`;
}
