/** Begins to deal with one image. */
import { DeviceError, type Transfer } from "../../../src/adapter.ts";
import type { DeviceLine } from "../device-link.ts";
import { PullTransfer } from "./pull.ts";
import type { PullOptions } from "./pull-options.ts";
import { PushTransfer } from "./push.ts";
import type { PushOptions } from "./push-options.ts";
import type { Surroundings } from "./talk.ts";
import { UrlTransfer } from "./url.ts";
import type { UrlOptions } from "./url-options.ts";
import { Zigbee2MqttTransfer } from "./zigbee2mqtt.ts";
import type { Zigbee2MqttOptions } from "./zigbee2mqtt-options.ts";

export { VersionWatch } from "./version-watch.ts";

type WayOptions = PushOptions | PullOptions | UrlOptions | Zigbee2MqttOptions;

const WAYS: readonly string[] = ["mqtt-push", "mqtt-pull", "url", "zigbee2mqtt"] satisfies readonly WayOptions["way"][];

/** Throws DeviceError where the options are not those of a way of MQTT. */
export function openTransfer(line: DeviceLine, surroundings: Surroundings): Transfer {
  const { options, way } = surroundings.transfer;
  if (!isWayOptions(options)) throw new DeviceError("rejected", `no image gets to a device of MQTT by ${way}`);
  switch (options.way) {
    case "mqtt-push":
      return new PushTransfer(line, options, surroundings);
    case "mqtt-pull":
      return new PullTransfer(line, options, surroundings);
    case "url":
      return new UrlTransfer(line, options, surroundings);
    case "zigbee2mqtt":
      return new Zigbee2MqttTransfer(line, options, surroundings);
  }
}

/** What a schema of ours made says of which way it is. */
function isWayOptions(options: unknown): options is WayOptions {
  if (typeof options !== "object" || options === null || !("way" in options)) return false;
  return typeof options.way === "string" && WAYS.includes(options.way);
}
