/** `scan mqtt`: what is published on a broker, and by whom. Nothing is published by us. */
import {
  commentText,
  formatDuration,
  type KnownMapping,
  type Millis,
  SECOND,
  type Tool,
  type ToolArguments,
  type ToolContext,
  type ToolReport,
  typedSpan,
  WrongArguments,
} from "../../../src/adapter.ts";
import type { Message } from "../message.ts";
import type { MqttPoint } from "../points.ts";
import type { MqttDevice } from "../section.ts";
import { type DeviceLine, deviceLines } from "./device-lines.ts";
import { FoundDevices } from "./found-devices.ts";
import { filterOf, type Listened, listen } from "./listening.ts";
import { counted } from "./payload-text.ts";
import { type Skeleton, skeletonOf } from "./skeleton.ts";
import { TopicTree } from "./topic-tree.ts";
import { wireOf } from "./wire.ts";

const USUAL_SPAN: Millis = 15 * SECOND;

export const scan: Tool<MqttDevice, MqttPoint> = {
  summary: "Listens to all that is published on an MQTT broker for a while, and says who that is.",
  talks: true,
  options: {
    topic: {
      type: "string",
      value: "FILTER",
      help: "What to listen to, with + and #; may be repeated. Default: #, all of it.",
    },
    for: { type: "string", value: "TIME", help: "How long to listen.", default: formatDuration(USUAL_SPAN) },
    most: { type: "string", value: "N", help: "How many topics are shown.", default: "500" },
  },
  async run(args, context) {
    const wire = await wireOf(args, context.link);
    const given = args.texts("topic").map(filterOf);
    const filters = given.length === 0 ? ["#"] : given;
    const span = typedSpan(args, "for") ?? USUAL_SPAN;
    const tree = new TopicTree(mostOf(args));
    const found = new FoundDevices();
    let messages = 0;
    context.tell(
      `listening on ${wire.name} to ${filters.join(", ")} for ${formatDuration(span)}: devices that speak seldom may need longer (--for). Ctrl-C ends it, and shows what was found`,
    );
    const end = context.clock.monotonic() + span;
    context.progress(() => `${counted(messages, "message")} so far, ${secondsUntil(end, context)} s to go`);
    const hear = (message: Message): boolean => {
      messages++;
      tree.hear(message);
      for (const sentence of found.hear(message)) context.tell(commentText(sentence));
      return false;
    };
    const listened = await listen(wire, { filters, qos: 0, span, hear }, context);
    return reportOf({ tree, found, messages, listened }, await context.mappings(), context);
  },
};

function secondsUntil(end: Millis, { clock }: ToolContext): number {
  return Math.max(0, Math.ceil((end - clock.monotonic()) / SECOND));
}

interface Heard {
  readonly tree: TopicTree;
  readonly found: FoundDevices;
  readonly messages: number;
  readonly listened: Listened;
}

function mostOf(args: ToolArguments): number {
  const text = args.text("most") ?? "";
  const most = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (most > 0) return most;
  throw new WrongArguments(`--most ${text}: expected a number from 1 to 99999`);
}

function reportOf(heard: Heard, mappings: readonly KnownMapping[], { link, suggest }: ToolContext): ToolReport {
  const { tree, found, messages, listened } = heard;
  const lines = deviceLines(found.found, mappings, link?.id ?? "LINK");
  // What has a mapping needs no other one.
  const mapped = lines.filter(({ mapping }) => mapping !== undefined).map(({ device }) => device);
  const taken = new Set(mappings.map(({ name }) => name));
  const skeletons = found.describedBeside(mapped).flatMap((device) => skeletonOf(device, taken, suggest) ?? []);
  const seconds = Math.round(listened.span / 100) / 10;
  return {
    lines: [
      ...tree.lines(),
      ...(tree.topics.length === 0 ? [] : [""]),
      `${counted(messages, "message")} on ${counted(tree.topics.length, "topic")} in ${seconds} s`,
      ...(tree.leftOut === 0
        ? []
        : [
            `${tree.leftOut} messages were on further topics, which are not shown: narrow it by --topic, or raise --most`,
          ]),
      ...(listened.lost === undefined ? [] : [`it ended early: ${listened.lost}`]),
      ...(messages === 0 ? SILENCE : []),
      ...recognisedLines(found.hubTexts, lines),
      ...skeletonLines(skeletons, link?.id ?? "LINK"),
    ],
    data: {
      seconds,
      messages,
      topics: tree.topics,
      leftOut: tree.leftOut,
      ...(listened.lost === undefined ? {} : { lost: listened.lost }),
      hubs: found.hubTexts,
      devices: lines.map(dataOf),
      mappings: skeletons.map(({ name, lines: text }) => ({ name, text: `${text.join("\n")}\n` })),
    },
    ok: messages > 0 && listened.lost === undefined,
  };
}

const SILENCE: readonly string[] = [
  "nothing was heard: devices may speak seldom (--for 5m), the broker may let this user read nothing (an ACL), or nobody publishes",
];

function recognisedLines(hubs: readonly string[], lines: readonly DeviceLine[]): readonly string[] {
  const ready = lines.filter(({ mapping }) => mapping !== undefined);
  const others = lines.filter(({ mapping }) => mapping === undefined);
  return [
    ...(hubs.length === 0 ? [] : ["", ...hubs.map(commentText)]),
    ...(ready.length === 0 ? [] : ["", "for devices: of config.yaml", ...ready.map(({ line }) => `  ${line}`)]),
    ...(others.length === 0
      ? []
      : ["", "recognised, and no mapping is made for them:", ...others.map(({ line }) => `  # ${line}`)]),
  ];
}

/** So many are printed; a script gets all of them. */
const MOST_SHOWN = 10;

function skeletonLines(skeletons: readonly Skeleton[], link: string): readonly string[] {
  if (skeletons.length === 0) return [];
  const left = skeletons.length - MOST_SHOWN;
  return [
    "",
    "described for Home Assistant: a beginning of a mapping for each, to be saved as mappings/NAME.yaml and looked at line by line",
    ...skeletons
      .slice(0, MOST_SHOWN)
      .flatMap(({ name, lines }) => [
        "",
        `# mappings/${name}.yaml; for devices: - { id: ${name}, mapping: ${name}, link: ${link} }`,
        ...lines,
      ]),
    ...(left > 0 ? ["", `and ${left} more: --json has all of them, --topic narrows the scan`] : []),
  ];
}

function dataOf({ device, mapping, id, line }: DeviceLine) {
  const { family, key, name, model, facts, traits } = device;
  return { family, key, name, model, facts, traits: [...traits], mapping: mapping ?? null, id, line };
}
