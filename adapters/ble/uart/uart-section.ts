/** `uart:` of the section `ble:`: a service over which a device speaks as over a serial line, in words of its own. */
import { z } from "zod";
import type { Millis } from "../../../src/adapter.ts";
import type { Complain } from "../../spoken/keys.ts";
import { type SpokenDevice, spokenDevice, spokenKeys } from "../../spoken/stream/section.ts";
import type { CharacteristicRef } from "../central/session-types.ts";
import { uuidSchema } from "../keys.ts";

export interface UartSpec {
  /** What we send is written to it. */
  readonly write: CharacteristicRef;
  /** It notifies, or indicates, what the device sends. */
  readonly notify: CharacteristicRef;
  readonly speaker: SpokenDevice;
}

/** Nordic Semiconductor, nRF Connect SDK: Nordic UART Service (NUS). RX is where the device receives, TX where it sends. */
const NORDIC = {
  service: "6e400001-b5a3-f393-e0a9-e50e24dcca9e",
  write: "6e400002-b5a3-f393-e0a9-e50e24dcca9e",
  notify: "6e400003-b5a3-f393-e0a9-e50e24dcca9e",
};

/** The keys of the section that a UART service has. */
export const uartKeys = {
  uart: z
    .union([
      z.literal("nordic"),
      z.strictObject({
        service: uuidSchema.optional().describe("UUID of the service, where several have such characteristics"),
        write: uuidSchema.describe("UUID of the characteristic to which is written what the device hears: ffe1"),
        notify: uuidSchema.describe("UUID of the characteristic that notifies what the device says: ffe1"),
      }),
    ])
    .optional()
    .describe("A service that carries text or frames, as a serial line does: nordic, or { service, write, notify }"),
  ...spokenKeys,
  frame: spokenKeys.frame.optional(),
};

const fields = z.object(uartKeys);
type Fields = z.output<typeof fields> & {
  /** How long an answer is awaited where a request does not say it. */
  readonly timeout: Millis;
  /** Of the bytes of a value. */
  readonly order?: unknown;
};

/** Undefined where there is none, and where something is wrong, which `complain` has heard. */
export function uartSpec(given: Fields, complain: Complain): UartSpec | undefined {
  const { uart, frame } = given;
  if (uart === undefined) {
    for (const key of ["frame", "charset", "requests", "messages"] as const)
      if (given[key] !== undefined)
        complain([key], `\`${key}\` is of a service that carries text or frames: say by \`uart\` which`);
    return undefined;
  }
  if (frame === undefined) {
    complain(["uart"], 'say by `frame`, beside it, where a message begins and ends, e.g. frame: { end: "\\n" }');
    return undefined;
  }
  const { service, write, notify } = uart === "nordic" ? NORDIC : uart;
  const within = service === undefined ? {} : { service };
  return {
    write: { ...within, uuid: write },
    notify: { ...within, uuid: notify },
    speaker: spokenDevice({ ...given, frame }, complain),
  };
}
