import { type ToolArguments, type ToolContext, WrongArguments } from "../../src/adapter.ts";
import { interpretationsOf } from "../../src/mapping/interpretations.ts";
import { suggestedResource } from "../../src/mapping/suggested-resources.ts";
import { aContext } from "./modbus-device.ts";

/** What the command line would hand to a tool; `told` grows by its lines, `progressed` by how far it is. */
export function aToolContext<Device = never, Point = never>(
  context: Partial<ToolContext<Device, Point>> = {},
): ToolContext<Device, Point> & { readonly told: string[]; readonly progressed: string[] } {
  const [told, progressed]: [string[], string[]] = [[], []];
  return {
    ...aContext(),
    interpret: interpretationsOf,
    suggest: suggestedResource,
    mappings: async () => [],
    deviceOf: async (mapping) => {
      throw new WrongArguments(`there is no mapping "${mapping}"`);
    },
    tell: (line) => told.push(line),
    progress: (words) => progressed.push(words()),
    input: async () => "",
    signal: new AbortController().signal,
    ...context,
    told,
    progressed,
  };
}

/** As typed: positional arguments, options with a value, flags (`true`). */
export function theArguments(
  positionals: readonly string[],
  options: Readonly<Record<string, string | true>> = {},
): ToolArguments {
  const text = (option: string): string | undefined => {
    const value = options[option];
    return typeof value === "string" ? value : undefined;
  };
  return {
    positionals,
    text,
    texts: (option) => [text(option) ?? []].flat(),
    flag: (option) => options[option] === true,
  };
}
