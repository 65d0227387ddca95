/** Every downstream protocol. A new one is a folder and an entry here. */
import type { AdapterModule } from "../src/adapter.ts";

/** By the word behind `protocol:` in a mapping: the links that it has, and the rest of it, which is loaded where one is used. */
export const adapters: Readonly<
  Record<string, { readonly linkTypes: readonly string[]; load(): Promise<AdapterModule> }>
> = {
  ble: {
    linkTypes: ["ble"],
    load: async () => (await import("./ble/index.ts")).ble,
  },
  modbus: {
    linkTypes: ["modbus-tcp", "modbus-rtu", "modbus-ascii", "modbus-rtu-over-tcp", "modbus-udp"],
    load: async () => (await import("./modbus/index.ts")).modbus,
  },
  mqtt: { linkTypes: ["mqtt"], load: async () => (await import("./mqtt/index.ts")).mqtt },
  serial: { linkTypes: ["serial", "serial-over-tcp"], load: async () => (await import("./serial/index.ts")).serial },
  simulated: { linkTypes: ["simulated"], load: async () => (await import("./simulated/index.ts")).simulated },
};

/** All of them, loaded. */
export function loadAdapters(): Promise<readonly AdapterModule[]> {
  return Promise.all(Object.values(adapters).map(({ load }) => load()));
}
