/** `via: zigbee2mqtt`: the bridge brings the image to a Zigbee device. */
import { z } from "zod";
import { durationSchema, MINUTE, type Millis } from "../../../src/adapter.ts";
import { topicSchema } from "../keys.ts";
import { type ErrorWords, errorsSchema } from "./conditions.ts";

export interface Zigbee2MqttOptions {
  readonly way: "zigbee2mqtt";
  /** As the bridge has it: its base_topic. */
  readonly base: string;
  /** What the bridge calls the device. */
  readonly id: string;
  /** The file goes with the request, or the bridge takes what its index has. */
  readonly image: "message" | "index";
  readonly errors: ErrorWords;
  readonly silence: Millis;
}

export const zigbee2MqttSchema: z.ZodType<Zigbee2MqttOptions> = z
  .strictObject({
    base: topicSchema.default("zigbee2mqtt").describe("base_topic of Zigbee2MQTT"),
    id: z.string().min(1).describe("What Zigbee2MQTT calls the device: friendly_name, or its address"),
    image: z
      .enum(["message", "index"])
      .default("message")
      .describe(
        "message: the file goes with the request (newer versions of Zigbee2MQTT); index: it takes what its own index has",
      ),
    errors: errorsSchema.default([]).describe('What its words for errors mean: { "No image": bad-image }'),
    timeout: durationSchema
      .refine((span) => span >= MINUTE, "at least 1m: it says every half a minute how far it is")
      .default(10 * MINUTE)
      .describe("After how long without a word it is given up"),
  })
  .transform(({ timeout, ...rest }): Zigbee2MqttOptions => ({ ...rest, way: "zigbee2mqtt", silence: timeout }));
