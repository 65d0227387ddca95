/** `decode mqtt`: what a mapping makes of a message that somebody has seen. */
import { type Tool, type ToolArguments, type ToolContext, WrongArguments } from "../../../src/adapter.ts";
import { Message } from "../message.ts";
import type { MqttPoint } from "../points.ts";
import type { MqttDevice } from "../section.ts";
import { topicFault } from "../topic-filter.ts";
import { explained, explainedLines, filtersOf, type MappedDevice } from "./explained.ts";
import { HEX_OPTION, MAPPING_OPTIONS, mappedDevice, payloadOf } from "./typed.ts";

export const decode: Tool<MqttDevice, MqttPoint> = {
  summary: "Says what a mapping makes of a message: each value, or why there is none.",
  positionals: "TOPIC PAYLOAD|-",
  talks: false,
  options: {
    ...MAPPING_OPTIONS,
    ...HEX_OPTION,
    retained: { type: "boolean", help: "The broker had kept the message." },
  },
  async run(args, context) {
    const device = await mappedDevice(args, context);
    if (device === undefined)
      throw new WrongArguments("which mapping? --mapping NAME, or a file such as mappings/my.yaml");
    const message = await messageOf(args, device, context);
    const outcome = explained(device, message, context.clock.wall());
    return {
      lines: explainedLines(outcome),
      data: { topic: message.topic, retained: message.retained, ...outcome },
      ok: outcome.values.some(({ bad }) => bad === undefined),
    };
  },
};

async function messageOf(args: ToolArguments, device: MappedDevice, { input }: ToolContext): Promise<Message> {
  const [topic, payload, surplus] = args.positionals;
  if (topic === undefined || payload === undefined || surplus !== undefined) {
    throw new WrongArguments("expected TOPIC PAYLOAD, the payload in quotes, or - to read it from standard input");
  }
  const text = payload === "-" ? await input() : payload;
  return new Message({
    topic: topicOf(topic, device),
    // What a shell or an editor puts at the end of a file is no part of the payload.
    payload: payloadOf(payload === "-" ? text.replace(/\r?\n$/, "") : text, args),
    retained: args.flag("retained"),
  });
}

/** Written out, or the name that the mapping gives it. Throws WrongArguments. */
function topicOf(text: string, device: MappedDevice): string {
  const named = device.device.topics.get(text)?.filters[0] ?? device.device.requests.get(text)?.reply?.filter;
  // A wildcard stands for something: what, does not matter to a mapping.
  if (named !== undefined) return named.replaceAll("+", "any").replace(/#$/, "any");
  const fault = topicFault(text);
  if (fault === undefined) return text;
  throw new WrongArguments(`${fault}; the mapping has ${filtersOf(device).join(", ")}`);
}
