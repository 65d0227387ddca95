import type { Backend } from "../options.ts";

/** What a person does about a peripheral that wants to be paired with. */
export function pairingAdvice(backend: Backend, address: string): string {
  switch (backend.kind) {
    case "bluez":
      return `bond it once: \`bluetoothctl\`, then \`select\` the adapter ${backend.adapter}, \`scan on\`, \`pair ${address}\`, \`trust ${address}\``;
    case "hci-user":
    case "hci-uart":
      return `${backend.kind} keeps no bonds: use \`backend: bluez\` for this device, and bond it there`;
  }
}
