/** What was typed: payloads, and the mapping that explains messages. */
import { type ToolArguments, type ToolContext, type ToolOptions, WrongArguments } from "../../../src/adapter.ts";
import type { MqttPoint } from "../points.ts";
import type { MqttDevice } from "../section.ts";
import type { MappedDevice } from "./explained.ts";

export const MAPPING_OPTIONS: ToolOptions = {
  mapping: {
    type: "string",
    value: "NAME",
    help: "A mapping: its name, or its file; each message is explained by it.",
  },
  param: { type: "string", value: "NAME=VALUE", help: "A parameter of the mapping; may be repeated." },
};

export const HEX_OPTION: ToolOptions = {
  hex: { type: "boolean", help: "PAYLOAD is bytes in hexadecimal." },
};

/** Undefined: no mapping was named. */
export async function mappedDevice(
  args: ToolArguments,
  { deviceOf }: ToolContext<MqttDevice, MqttPoint>,
): Promise<MappedDevice | undefined> {
  const mapping = args.text("mapping");
  const parameters = args.texts("param");
  if (mapping !== undefined) return deviceOf(mapping, parameters);
  if (parameters.length > 0) throw new WrongArguments(`--param ${parameters[0]}: of which mapping? --mapping NAME`);
  return undefined;
}

/** Throws WrongArguments where it is no hexadecimal, and should be. */
export function payloadOf(text: string, args: ToolArguments): Buffer {
  if (!args.flag("hex")) return Buffer.from(text);
  const digits = text.replaceAll(/[\s,:-]+|0x/gi, "");
  if (/^(?:[\da-f]{2})*$/i.test(digits)) return Buffer.from(digits, "hex");
  throw new WrongArguments(`--hex: "${text.slice(0, 40)}" is not hexadecimal; expected bytes such as 01 03 00 0A`);
}
