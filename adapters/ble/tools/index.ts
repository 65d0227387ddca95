/** The tools of Bluetooth for somebody with a laptop beside the devices. */
import type { AdapterTools } from "../../../src/adapter.ts";
import type { BlePoint } from "../points.ts";
import type { BleDevice } from "../section.ts";
import type { BleStep } from "../steps.ts";
import { decode } from "./decode.ts";
import { probe } from "./probe.ts";
import { scan } from "./scan.ts";
import { type OpenLink, typedLink, WIRE_OPTIONS } from "./wire.ts";

export function bleTools(open: OpenLink): AdapterTools<BleDevice, BlePoint, BleStep> {
  return {
    wire: WIRE_OPTIONS,
    open: async (args, context) => open(typedLink(args), context),
    scan: scan(open),
    probe: probe(open),
    decode,
  };
}
