/** One step of `do:`. */
import { z } from "zod";
import { durationSchema, type Millis, type RawValue } from "../../src/adapter.ts";
import { type Complain, topicSchema, unknownName } from "./keys.ts";
import { type Publication, publicationKeys, templateOf } from "./request-spec.ts";
import type { MqttDevice } from "./section.ts";
import { takes } from "./template.ts";

/** One step: a request of the mapping, something published, or a pause. The requests are known only where it runs. */
export type MqttStep =
  | { readonly request: string; readonly value?: RawValue | undefined }
  | PublishStep
  | { readonly wait: Millis };

interface PublishStep extends Omit<Publication, "qos" | "topic"> {
  readonly publish: string;
  /** Absent: as the mapping has it. */
  readonly qos?: Publication["qos"] | undefined;
}

const publishFields = z.strictObject({
  publish: topicSchema.describe("The topic to which it is published"),
  ...publicationKeys,
});

export const stepSchema: z.ZodType<MqttStep> = z.union([
  z.strictObject({
    request: z.string().describe("Name of the request"),
    value: z.custom<RawValue>().optional().describe("What stands in the place of {value}"),
  }),
  publishFields.transform((fields, context): MqttStep => {
    const complain: Complain = (path, message) => context.addIssue({ code: "custom", path: [...path], message });
    const payload = templateOf(fields, complain);
    if (payload === undefined) return z.NEVER;
    if (takes(payload, "value")) complain([], "a step that publishes has no {value}: write $0 for an argument");
    return { publish: fields.publish, payload, retain: fields.retain, qos: fields.qos };
  }),
  z.strictObject({ wait: durationSchema.describe("How long to wait before the next step") }),
]);

/** Why this device cannot do a step, as the mapping spells it; undefined: it can. */
export function stepFault({ requests }: MqttDevice, step: Readonly<Record<string, unknown>>): string | undefined {
  const { request: name, value } = step;
  if (typeof name !== "string") return undefined;
  const request = requests.get(name);
  if (request === undefined) return unknownName("request", name, requests.keys());
  if (takes(request.payload, "value") === (value !== undefined)) return undefined;
  return value === undefined ? `the request "${name}" needs a value` : `the request "${name}" takes no {value}`;
}

/** What a step publishes. */
export function publicationOf({ publish, qos, ...others }: PublishStep, usual: Publication["qos"]): Publication {
  return { ...others, topic: publish, qos: qos ?? usual };
}
