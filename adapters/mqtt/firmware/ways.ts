/** The ways by which an image gets to a device over MQTT: what their keys are. What does it is loaded when it is needed. */
import type { FirmwareWay } from "../../../src/adapter.ts";
import { pullSchema } from "./pull-options.ts";
import { pushSchema } from "./push-options.ts";
import { type UrlOptions, urlSchema } from "./url-options.ts";
import { zigbee2MqttSchema } from "./zigbee2mqtt-options.ts";

export const WAYS = {
  "mqtt-push": { transfer: pushSchema, staged: true, tellsVersion: true },
  "mqtt-pull": { transfer: pullSchema, staged: true, tellsVersion: true },
  url: {
    transfer: urlSchema,
    fetched: true,
    tellsVersion: true,
    isMute: ({ version }: UrlOptions) => version === undefined,
  },
  zigbee2mqtt: { transfer: zigbee2MqttSchema, tellsVersion: true },
} satisfies Readonly<Record<string, FirmwareWay>>;
