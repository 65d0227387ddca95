/** Which number each instance of a device has where those of all devices stand side by side: given once by the store, and kept. */
import { reasonOf } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import type { InstanceNumbers } from "../../servers/layouts/folding.ts";
import { type DeviceInstance, type NumberedInstance, type Store, StoreError } from "../../store/store.ts";
import type { PlacedDevice } from "./places.ts";

export class KeptNumbers implements InstanceNumbers {
  private readonly store: Pick<Store, "assignNumbers">;
  private readonly log: Logger;
  /** By prefix: the device, and of each object the numbers of its instances. */
  private devices: ReadonlyMap<string, Numbered> = new Map();

  private readonly wanted: boolean;

  /** `wanted`: whether a server has a layout that needs them. */
  constructor(store: Pick<Store, "assignNumbers">, log: Logger, wanted: boolean) {
    this.store = store;
    this.wanted = wanted;
    this.log = log;
  }

  /** These are the devices from now on. What gets no number for the moment is not shown where numbers are needed. */
  async adopt(placed: readonly PlacedDevice[]): Promise<void> {
    if (!this.wanted) return;
    const numbers = await this.assigned(placed.flatMap(instancesOf));
    const byId = new Map<string, Map<number, Map<number, number>>>();
    for (const { device, object, instance, number } of numbers) {
      const objects = byId.get(device) ?? new Map<number, Map<number, number>>();
      const instances = objects.get(object) ?? new Map<number, number>();
      byId.set(device, objects.set(object, instances.set(instance, number)));
    }
    this.devices = new Map(
      placed.map(({ plan: { id }, prefix }) => [prefix, { id, objects: byId.get(id) ?? new Map() }]),
    );
  }

  of(prefix: string, object: number, instance: number): number | undefined {
    return this.devices.get(prefix)?.objects.get(object)?.get(instance);
  }

  deviceOf(prefix: string): string | undefined {
    return this.devices.get(prefix)?.id;
  }

  private async assigned(wanted: readonly DeviceInstance[]): Promise<readonly NumberedInstance[]> {
    try {
      return await this.store.assignNumbers(wanted);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.log.error({ code: "LG663", reason: reasonOf(error) }, REFUSED);
      return this.known(wanted);
    }
  }

  private known(wanted: readonly DeviceInstance[]): readonly NumberedInstance[] {
    const prefixes = new Map([...this.devices].map(([prefix, { id }]) => [id, prefix]));
    return wanted.flatMap((one) => {
      const number = this.of(prefixes.get(one.device) ?? "", one.object, one.instance);
      return number === undefined ? [] : [{ ...one, number }];
    });
  }
}

interface Numbered {
  readonly id: string;
  readonly objects: ReadonlyMap<number, ReadonlyMap<number, number>>;
}

const REFUSED =
  "instance numbers cannot be written: what has none yet is hidden from servers with layout instances until the next reload";

/** In document order; of an object with one instance nothing needs a number. */
function instancesOf({ plan: { id: device, objects, resources } }: PlacedDevice): readonly DeviceInstance[] {
  const found = new Map<string, DeviceInstance>();
  for (const { object, instance } of resources.values()) {
    if (objects.get(object)?.definition.multiple === true)
      found.set(`${object}/${instance}`, { device, object, instance });
  }
  return [...found.values()].sort((a, b) => a.object - b.object || a.instance - b.instance);
}
