/** The tools for serial devices. */
import type { AdapterTools } from "../../../src/adapter.ts";
import type { SpokenPoint, SpokenStep } from "../../spoken/stream/points.ts";
import type { SpokenDevice } from "../../spoken/stream/section.ts";
import { SerialLink } from "../serial-link.ts";
import { decode } from "./decode.ts";
import { probe } from "./probe.ts";
import { sniff } from "./sniff.ts";
import { optionsOf, WIRE_OPTIONS } from "./wire.ts";

export const serialTools: AdapterTools<SpokenDevice, SpokenPoint, SpokenStep> = {
  wire: WIRE_OPTIONS,
  open: async (args, context) => new SerialLink(optionsOf(args), context),
  probe,
  sniff,
  decode,
};
