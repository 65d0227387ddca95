/** One step of `do:`. */
import { z } from "zod";
import { complainTo } from "../spoken/keys.ts";
import {
  type RequestStep,
  requestStepSchema,
  stepFault as stepFaultOf,
  type WaitStep,
  waitStepSchema,
} from "../spoken/requests.ts";
import { topicSchema } from "./keys.ts";
import { type Publication, publicationKeys, templateOf } from "./request-spec.ts";
import type { MqttDevice } from "./section.ts";
import { takes } from "./template.ts";

/** One step: a request of the mapping, something published, or a pause. */
export type MqttStep = RequestStep | PublishStep | WaitStep;

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
  requestStepSchema,
  publishFields.transform((fields, context): MqttStep => {
    const complain = complainTo(context);
    const payload = templateOf(fields, complain);
    if (payload === undefined) return z.NEVER;
    if (takes(payload, "value")) complain([], "a step that publishes has no {value}: write $0 for an argument");
    return { publish: fields.publish, payload, retain: fields.retain, qos: fields.qos };
  }),
  waitStepSchema,
]);

/** Why this device cannot do a step, as the mapping spells it; undefined: it can. */
export function stepFault({ requests }: MqttDevice, step: Readonly<Record<string, unknown>>): string | undefined {
  return stepFaultOf(requests, step);
}

/** What a step publishes. */
export function publicationOf({ publish, qos, ...others }: PublishStep, usual: Publication["qos"]): Publication {
  return { ...others, topic: publish, qos: qos ?? usual };
}
