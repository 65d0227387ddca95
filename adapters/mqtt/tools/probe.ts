/** `probe mqtt`: publishes one message and shows what comes of it, or listens to a topic for a while. */
import {
  formatDuration,
  type Millis,
  SECOND,
  type Tool,
  type ToolArguments,
  type ToolContext,
  type ToolReport,
  typedSpan,
  WrongArguments,
} from "../../../src/adapter.ts";
import type { BrokerConnection } from "../broker/connection.ts";
import type { Qos } from "../keys.ts";
import type { Message } from "../message.ts";
import type { MqttPoint } from "../points.ts";
import type { MqttDevice } from "../section.ts";
import { topicFault } from "../topic-filter.ts";
import { type Explained, explained, explainedLines, filtersOf, type MappedDevice } from "./explained.ts";
import { filterOf, type Listened, listen, qosOf } from "./listening.ts";
import { counted, payloadText, shortened } from "./payload-text.ts";
import { HEX_OPTION, MAPPING_OPTIONS, mappedDevice, payloadOf } from "./typed.ts";
import { wireOf } from "./wire.ts";

const USUAL_SPAN: Millis = 10 * SECOND;

export const probe: Tool<MqttDevice, MqttPoint> = {
  summary:
    "Publishes a message, or only listens to a topic, and shows what comes; with a mapping, what that makes of it.",
  positionals: "[TOPIC [PAYLOAD]]",
  talks: true,
  options: {
    reply: {
      type: "string",
      value: "FILTER",
      help: "With PAYLOAD: where the answer comes. The first that comes is it.",
    },
    qos: {
      type: "string",
      value: "0|1|2",
      help: "Quality of service, of what is published and of what is heard.",
      default: "0",
    },
    retain: { type: "boolean", help: "The broker keeps what is published, for whoever subscribes later." },
    ...HEX_OPTION,
    for: {
      type: "string",
      value: "TIME",
      help: "How long to listen, or to wait for the answer.",
      default: formatDuration(USUAL_SPAN),
    },
    ...MAPPING_OPTIONS,
  },
  async run(args, context) {
    const device = await mappedDevice(args, context);
    const plan = planOf(args, device);
    const wire = await wireOf(args, context.link);
    const heard: Shown[] = [];
    context.tell(introduction(plan, wire.name));
    const listened = await listen(
      wire,
      {
        ...plan,
        hear(message) {
          // What was kept was said before we asked.
          if (plan.outgoing !== undefined && message.retained) return false;
          if (heard.length >= MOST_MESSAGES) return true;
          heard.push(shownOf(message, device, context));
          for (const line of linesOf(heard.at(-1))) context.tell(line);
          return plan.outgoing !== undefined;
        },
        begun: (connection) => publish(connection, plan, context),
      },
      context,
    );
    return reportOf(plan, heard, listened);
  },
};

interface Plan {
  readonly filters: readonly string[];
  readonly qos: Qos;
  readonly span: number;
  /** What is published; absent: we only listen. */
  readonly outgoing?: { readonly topic: string; readonly payload: Buffer; readonly retain: boolean };
}

/** What is held in memory for the report. */
const MOST_MESSAGES = 1000;

function planOf(args: ToolArguments, device: MappedDevice | undefined): Plan {
  const [topic, payload, surplus] = args.positionals;
  const reply = args.text("reply");
  if (surplus !== undefined)
    throw new WrongArguments(`expected TOPIC PAYLOAD, the payload in quotes; "${surplus}" is left over`);
  const common = { qos: qosOf(args), span: typedSpan(args, "for") ?? USUAL_SPAN };
  if (payload === undefined) {
    const idle = [reply === undefined ? [] : "--reply", args.flag("retain") ? "--retain" : []].flat()[0];
    if (idle !== undefined) throw new WrongArguments(`${idle} needs a PAYLOAD that is published`);
    return { ...common, filters: topic === undefined ? filtersOfMapping(device) : [filterOf(topic)] };
  }
  const fault = topicFault(topic ?? "");
  if (fault !== undefined) throw new WrongArguments(fault);
  const outgoing = { topic: topic ?? "", payload: payloadOf(payload, args), retain: args.flag("retain") };
  return {
    ...common,
    outgoing,
    filters: reply === undefined ? [] : [filterOf(reply)],
    ...(reply === undefined ? { span: 0 } : {}),
  };
}

function filtersOfMapping(device: MappedDevice | undefined): readonly string[] {
  if (device === undefined)
    throw new WrongArguments("which topic? expected TOPIC, or --mapping NAME, whose topics are meant then");
  const filters = filtersOf(device);
  if (filters.length === 0) throw new WrongArguments("the mapping has no topic to listen to: expected TOPIC");
  return filters;
}

function introduction({ filters, span, outgoing }: Plan, broker: string): string {
  const listening = `${filters.join(", ")} for ${formatDuration(span)}`;
  if (outgoing === undefined) return `listening on ${broker} to ${listening}. Ctrl-C ends it`;
  const sent = `publishing ${payloadText(outgoing.payload, 60)} to ${shortened(outgoing.topic, 120)} on ${broker}${outgoing.retain ? ", retained" : ""}`;
  return filters.length === 0 ? sent : `${sent}, and listening to ${listening}`;
}

async function publish(connection: BrokerConnection, { outgoing, qos }: Plan, { tell }: ToolContext): Promise<void> {
  if (outgoing === undefined) return;
  await connection.publish({ ...outgoing, qos });
  tell(qos === 0 ? "published; with --qos 1 the broker would confirm it" : "the broker has it");
}

interface Shown {
  readonly topic: string;
  readonly retained: boolean;
  readonly bytes: number;
  readonly payload: string;
  readonly explained?: Explained;
}

function shownOf(message: Message, device: MappedDevice | undefined, { clock }: ToolContext): Shown {
  const { topic, payload, retained } = message;
  return {
    topic,
    retained,
    bytes: payload.length,
    payload: payloadText(payload, 400),
    ...(device === undefined ? {} : { explained: explained(device, message, clock.wall()) }),
  };
}

function linesOf(shown: Shown | undefined): readonly string[] {
  if (shown === undefined) return [];
  const { topic, retained, payload, explained: outcome } = shown;
  return [
    `${shortened(topic, 200)}${retained ? " (retained)" : ""}: ${payload}`,
    ...(outcome === undefined ? [] : explainedLines(outcome, "  ")),
  ];
}

function reportOf(plan: Plan, heard: readonly Shown[], { span, lost }: Listened): ToolReport {
  const seconds = Math.round(span / 100) / 10;
  const awaited = plan.filters.length > 0;
  const silence =
    plan.outgoing === undefined
      ? "nothing was heard: is it the right topic (scan mqtt shows all of them), and does the device speak that often (--for)?"
      : `no answer within ${formatDuration(plan.span)}: does the device listen to that topic, and answer on the one of --reply?`;
  return {
    lines: [
      ...(awaited ? [`${counted(heard.length, "message")} in ${seconds} s`] : []),
      ...(awaited && heard.length === 0 ? [silence] : []),
      ...(lost === undefined ? [] : [`it ended early: ${lost}`]),
    ],
    data: { seconds, messages: heard, ...(lost === undefined ? {} : { lost }) },
    ok: lost === undefined && (!awaited || heard.length > 0),
  };
}
