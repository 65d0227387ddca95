/** Every downstream protocol. A new one is a folder and a line here. */
import type { AdapterModule } from "../src/adapter.ts";

/** By the word behind `protocol:` in a mapping. A protocol is loaded only where a link uses it. */
export const adapters: Readonly<Record<string, () => Promise<AdapterModule>>> = {
  ble: async () => (await import("./ble/index.ts")).ble,
  modbus: async () => (await import("./modbus/index.ts")).modbus,
  mqtt: async () => (await import("./mqtt/index.ts")).mqtt,
  serial: async () => (await import("./serial/index.ts")).serial,
  simulated: async () => (await import("./simulated/index.ts")).simulated,
};

/** All of them, loaded. */
export function loadAdapters(): Promise<readonly AdapterModule[]> {
  return Promise.all(Object.values(adapters).map((load) => load()));
}
