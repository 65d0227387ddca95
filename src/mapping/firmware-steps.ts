/** Lists of steps in `firmware:`: the adapter's, pauses, and words of the way. */
import type { FirmwareWay } from "../adapter.ts";
import { durationSchema } from "../duration.ts";
import { Lwm2mError } from "../errors.ts";
import { unknownWord } from "../yaml/issues.ts";
import { describeNode, isEmpty, type MapNode, type YamlNode } from "../yaml/nodes.ts";
import { readNode, refuseSecrets, reportError } from "../yaml/read.ts";
import type { StepKey } from "./firmware-keys.ts";
import type { FirmwareStep } from "./firmware-plan.ts";
import { readSteps, type StepListContext } from "./step-list.ts";

const NO_ARGUMENTS: ReadonlyMap<number, string> = new Map();

/** Those of the way where the mapping has none. Undefined: something is wrong, which was reported. */
export function firmwareSteps(
  key: StepKey,
  list: YamlNode | undefined,
  way: FirmwareWay,
  context: StepListContext,
): readonly FirmwareStep[] | undefined {
  if (list === undefined || isEmpty(list)) {
    const words = (key === "enter" ? undefined : way.defaults?.[key]) ?? [];
    return words.map((word) => ({ type: "transfer", word }));
  }
  if (!refuseSecrets(list, context.report)) return undefined;
  if (list.kind !== "list") {
    const message = `${key}: expected a list of steps, e.g. [ { wait: 2s } ], found ${describeNode(list)}`;
    reportError(context.report, list.place, message, "LG330");
    return undefined;
  }
  const steps = list.items.map((item) => firmwareStep(key, item, way, context));
  return steps.includes(undefined) ? undefined : steps.filter((step) => step !== undefined);
}

function firmwareStep(
  key: StepKey,
  item: YamlNode,
  way: FirmwareWay,
  context: StepListContext,
): FirmwareStep | undefined {
  const { report } = context;
  if (item.kind !== "map") {
    reportError(report, item.place, `${key}: expected a step, e.g. { wait: 2s }, found ${describeNode(item)}`, "LG330");
    return undefined;
  }
  const own = way.actions?.key;
  const [first, second] = item.entries;
  const found = item.entries.find((entry) => entry.key.text === "wait" || entry.key.text === own);
  if (first === undefined || found === undefined) return deviceStep(key, item, own, context);
  const other = found === first ? second : first;
  if (other !== undefined) {
    reportError(report, other.key.place, `${key}: "${found.key.text}" stands alone in its step`, "LG330");
    return undefined;
  }
  if (found.key.text !== own) {
    const time = readNode(found.value, durationSchema, report);
    return time === undefined ? undefined : { type: "wait", time };
  }
  return wordOf(key, found.value, way, context);
}

function wordOf(
  key: StepKey,
  node: YamlNode,
  { actions = { key: "", words: [] } }: FirmwareWay,
  { report }: StepListContext,
): FirmwareStep | undefined {
  const word = node.kind === "scalar" ? node.text : describeNode(node);
  if (actions.words.includes(word)) return { type: "transfer", word };
  reportError(report, node.place, `${key}: ${unknownWord(`word of ${actions.key}`, word, actions.words)}`, "LG330");
  return undefined;
}

function deviceStep(
  key: StepKey,
  item: MapNode,
  own: string | undefined,
  context: StepListContext,
): FirmwareStep | undefined {
  const steps = readSteps([item], key, context, ["wait", ...(own === undefined ? [] : [own])]);
  try {
    const [step] = steps?.(NO_ARGUMENTS) ?? [];
    return steps === undefined ? undefined : { type: "device", step };
  } catch (error) {
    if (!(error instanceof Lwm2mError)) throw error;
    const message = `${key}: nobody gives an argument here: $0 to $9 stand in the steps of an executable resource`;
    reportError(context.report, item.place, message, "LG330");
    return undefined;
  }
}
