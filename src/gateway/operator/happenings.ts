/** What happens in the gateway, for whoever watches: values as they come, devices as they come and go. Nobody is waited for. */
import type { DeviceState } from "../../devices/device-status.ts";
import type { Sample } from "../../lwm2m/sample.ts";

export interface Watcher {
  /** `of`: the device that has them; absent for what servers fill. */
  onValues?(samples: readonly Sample[], of?: WatchedDevice): void;
  onDevice?(device: WatchedDevice, state: DeviceState): void;
  /** What stands of the firmware of a device is another now; "" is the gateway's own. */
  onFirmware?(device: string): void;
}

export interface WatchedDevice {
  readonly prefix: string;
  readonly plan: { readonly id: string };
}

export class Happenings {
  private readonly watchers = new Set<Watcher>();

  /** Returns what ends it. */
  watch(watcher: Watcher): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  values(samples: readonly Sample[], of?: WatchedDevice): void {
    for (const watcher of this.watchers) watcher.onValues?.(samples, of);
  }

  device(device: WatchedDevice, state: DeviceState): void {
    for (const watcher of this.watchers) watcher.onDevice?.(device, state);
  }

  firmware(device: string): void {
    for (const watcher of this.watchers) watcher.onFirmware?.(device);
  }
}
