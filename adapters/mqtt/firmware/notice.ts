/** Something that is published about an image: topic and payload have holes. */
import { z } from "zod";
import { DeviceError } from "../../../src/adapter.ts";
import { complainTo } from "../../spoken/keys.ts";
import type { Outgoing } from "../broker/connection.ts";
import type { Qos } from "../keys.ts";
import { publicationKeys, templateOf } from "../request-spec.ts";
import { payloadOf, type Template, textOf, textTemplate, type Words } from "../template.ts";
import { topicFault } from "../topic-filter.ts";

export interface Notice {
  readonly topic: Template;
  readonly payload: Template;
  readonly qos: Qos;
  readonly retain: boolean;
}

/** `holes`: of its topic and of its payload. */
export function noticeSchema(holes: readonly string[]): z.ZodType<Notice> {
  const fields = z.strictObject({
    topic: holedTopicSchema(holes).describe("The topic to which it is published"),
    ...publicationKeys,
  });
  return fields.transform(({ topic, qos = 1, retain, ...payload }, context): Notice => {
    const template = templateOf(payload, complainTo(context), holes);
    return template === undefined ? z.NEVER : { topic, payload: template, qos, retain };
  });
}

/** A topic with holes. */
export function holedTopicSchema(holes: readonly string[]): z.ZodType<Template> {
  return z.string().transform((text, context) => {
    const message = topicFault(text);
    if (message === undefined) return textTemplate(text, holes);
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

/** Throws DeviceError where a word cannot stand there. */
export function outgoingOf({ topic, payload, qos, retain }: Notice, words: Words): Outgoing {
  return { topic: topicOf(topic, words), payload: payloadOf(payload, { id: 0, words }), qos, retain };
}

/** Throws DeviceError where that is no topic. */
export function topicOf(template: Template, words: Words): string {
  const topic = textOf(template, { id: 0, words });
  const fault = topicFault(topic);
  if (fault !== undefined) throw new DeviceError("rejected", fault);
  return topic;
}
