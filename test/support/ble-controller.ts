/** The emulated Bluetooth controller behind a serial port, as a dongle with HCI over UART is. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Controller, type ControllerOptions } from "../../adapters/ble/emulator/controller.ts";
import { playOnPty } from "../../adapters/wires/played-port.ts";
import { systemClock, systemRandom } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { hasTool } from "./foreign-tool.ts";
import { temporaryDirectory } from "./temp.ts";

export interface SerialController {
  /** For `port` of a link; the baud rate does not matter. */
  readonly port: string;
  readonly controller: Controller;
  /** As if somebody pulled it out: the port is gone. */
  vanish(): Promise<void>;
}

/** Undefined, the test being skipped, where there is no socat. Ends with the test. */
export async function aBleController(
  t: TestContext,
  options: ControllerOptions = {},
  port: string = join(temporaryDirectory(t), "hci"),
): Promise<SerialController | undefined> {
  if (!hasTool(t, "socat", "apt-get install -y socat")) return undefined;
  const context = { clock: systemClock, random: systemRandom, log: silentLogger };
  const controller = new Controller(options, context);
  const simulation = await playOnPty({ kind: "pty", path: port }, (send) => controller.attach(send), context);
  let ended: Promise<void> | undefined;
  const vanish = (): Promise<void> => {
    ended ??= simulation.close();
    return ended;
  };
  t.after(vanish);
  return { port, controller, vanish };
}
