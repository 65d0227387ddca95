/** Which prefix and which instance of object 25 each device has: given once by the store, and kept. */
import type { LoadedConfig } from "../../config/types.ts";
import { formatProblem, problemText } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import type { DevicePlan } from "../../mapping/plan-types.ts";
import type { DevicePlace, Store } from "../../store/store.ts";

/** A device, and where servers find it. */
export interface PlacedDevice {
  readonly plan: DevicePlan;
  readonly prefix: string;
}

export class Places {
  private readonly store: Pick<Store, "assignDevices">;
  private readonly log: Logger;
  private assigned: ReadonlyMap<string, DevicePlace> = new Map();
  private byInstance: ReadonlyMap<number, string> = new Map();
  private refused: ReadonlyMap<string, string> = new Map();

  constructor(store: Pick<Store, "assignDevices">, log: Logger) {
    this.store = store;
    this.log = log;
  }

  /** Its instance of object 25. */
  instanceOf(id: string): number | undefined {
    return this.assigned.get(id)?.instance;
  }

  /** The device that has this instance of object 25. */
  idAt(instance: number): string | undefined {
    return this.byInstance.get(instance);
  }

  /** Devices that are off, each with what must be mended. */
  disabled(config: LoadedConfig): readonly { readonly id: string; readonly reasons: readonly string[] }[] {
    return [
      ...config.disabled.map(({ id, problems }) => ({ id, reasons: problems.map(formatProblem) })),
      ...[...this.refused].map(([id, reason]) => ({ id, reasons: [reason] })),
    ];
  }

  /** Where `place` would put them, as far as it can be told without the store: of new ones nobody asks for the prefix. */
  expected({ devices }: LoadedConfig, prefixOf: (id: string) => string | undefined): readonly PlacedDevice[] {
    return devices.map((plan) => ({ plan, prefix: plan.prefix ?? prefixOf(plan.id) ?? plan.id }));
  }

  /** A device that is wrong, or that gets no place, is off and named; the rest is placed. Rejects with StoreError. */
  async place({ problems, disabled, devices }: LoadedConfig): Promise<readonly PlacedDevice[]> {
    const { log } = this;
    for (const problem of problems)
      log[problem.severity === "error" ? "error" : "warn"]({ code: problem.code }, problemText(problem));
    for (const { id } of disabled)
      log.error({ code: "LG233", device: id }, "device is off until its problems are mended");
    const { assigned, refused } = await this.store.assignDevices(
      devices.map(({ id, prefix, was }) => ({
        id,
        ...(prefix === undefined ? {} : { prefix }),
        ...(was === undefined ? {} : { was }),
      })),
    );
    this.assigned = assigned;
    this.byInstance = new Map([...assigned].map(([id, { instance }]) => [instance, id]));
    this.refused = refused;
    for (const [id, reason] of refused) log.error({ code: "LG233", device: id }, `device is off: ${reason}`);
    return devices.flatMap((plan) => {
      const place = assigned.get(plan.id);
      return place === undefined ? [] : [{ plan, prefix: place.prefix }];
    });
  }
}
