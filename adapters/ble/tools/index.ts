/** The tools of Bluetooth for somebody with a laptop beside the devices. */
import type { AdapterContext, AdapterTools, Link } from "../../../src/adapter.ts";
import type { BleOptions } from "../options.ts";
import type { BlePoint } from "../points.ts";
import type { BleDevice } from "../section.ts";
import type { BleStep } from "../steps.ts";
import { decode } from "./decode.ts";
import { typedLink, WIRE_OPTIONS } from "./wire.ts";

type Open = (options: BleOptions, context: AdapterContext) => Promise<Link<BleDevice, BlePoint, BleStep>>;

export function bleTools(open: Open): AdapterTools<BleDevice, BlePoint, BleStep> {
  return {
    wire: WIRE_OPTIONS,
    open: async (args, context) => open(typedLink(args), context),
    decode,
  };
}
