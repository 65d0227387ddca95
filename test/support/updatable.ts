/** A protocol whose devices take images, by a script: at the edge where an adapter is. */
import { z } from "zod";
import type { AdapterModule, Clock, Link } from "../../src/adapter.ts";
import { ScriptedDevice, ScriptedTransfer } from "./scripted-target.ts";

/** `via: slots`: beside the version that runs, which the protocol tells. */
const SLOTS = {
  transfer: z.strictObject({}),
  actions: { key: "slot", words: ["test", "reset", "confirm"] },
  defaults: { activate: ["test", "reset"], confirm: ["confirm"] },
  staged: true,
  tellsVersion: true,
} as const;

/** The devices by their unit_id. */
export class Updatable {
  private readonly clock: Clock;
  private readonly devices = new Map<number, ScriptedDevice>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  device(unit: number): ScriptedDevice {
    const device = this.devices.get(unit) ?? new ScriptedDevice();
    this.devices.set(unit, device);
    return device;
  }

  /** The same protocol, which carries images too. */
  over(module: AdapterModule): AdapterModule {
    return {
      ...module,
      firmware: { slots: SLOTS },
      open: async (options, context) => this.link(await module.open(options, context)),
    };
  }

  private link(link: Link): Link {
    return {
      ...link,
      attach: async (device, points, listener) => {
        const inner = await link.attach(device, points, listener);
        const scripted = this.device(unitOf(device));
        const { clock } = this;
        return {
          read: (wanted) => inner.read(wanted),
          write: (point, value, mask) => inner.write(point, value, mask),
          invoke: (steps) => inner.invoke(steps),
          transfer: async (context) =>
            new ScriptedTransfer({ clock, device: scripted, chunk: 1000, becomes: "2.0.0" }, context, () => {}),
          close: () => inner.close(),
        };
      },
    };
  }
}

function unitOf(device: unknown): number {
  return typeof device === "object" && device !== null ? Number(Reflect.get(device, "unit_id")) : 0;
}
