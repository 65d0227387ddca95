/** The options that name a mapping, and what they name. */
import {
  nearestNames,
  type ToolArguments,
  type ToolContext,
  type ToolOptions,
  WrongArguments,
} from "../../../src/adapter.ts";
import type { SpokenPoint } from "../../spoken/stream/points.ts";
import type { RequestSpec, SpokenDevice } from "../../spoken/stream/section.ts";
import type { MappedDevice } from "./explain.ts";

export const MAPPING_OPTIONS: ToolOptions = {
  mapping: { type: "string", value: "NAME", help: "A mapping, by its name or its file: what came is read as it says." },
  param: { type: "string", value: "NAME=VALUE", help: "A parameter of the mapping; may be repeated." },
  request: { type: "string", value: "NAME", help: "The request of the mapping that is meant." },
};

export interface Meant {
  readonly mapped: MappedDevice;
  readonly request?: RequestSpec;
}

/** Undefined where no mapping is named. Rejects with WrongArguments, or with an error for the user. */
export async function mappingMeant(
  args: ToolArguments,
  context: ToolContext<SpokenDevice, SpokenPoint>,
): Promise<Meant | undefined> {
  const [mapping, name] = [args.text("mapping"), args.text("request")];
  if (mapping === undefined) {
    if (name !== undefined) throw new WrongArguments(`--request ${name}: of which mapping? --mapping NAME`);
    return undefined;
  }
  const mapped = await context.deviceOf(mapping, args.texts("param"));
  if (name === undefined) return { mapped };
  const { requests } = mapped.device;
  const request = requests.get(name);
  if (request !== undefined) return { mapped, request };
  const [near] = nearestNames(name, [...requests.keys()]);
  const hint = near === undefined ? `it has ${[...requests.keys()].join(", ") || "none"}` : `did you mean "${near}"?`;
  throw new WrongArguments(`--request ${name}: the mapping has no such request (${hint})`);
}
