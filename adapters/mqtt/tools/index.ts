/** The tools of MQTT: who speaks on a broker, one message there and back, and what a mapping makes of messages. */
import type { AdapterContext, AdapterTools, Link, ToolArguments } from "../../../src/adapter.ts";
import type { MqttOptions } from "../options.ts";
import type { MqttPoint } from "../points.ts";
import type { MqttDevice } from "../section.ts";
import type { MqttStep } from "../steps.ts";
import { decode } from "./decode.ts";
import { probe } from "./probe.ts";
import { scan } from "./scan.ts";
import { WIRE_OPTIONS, wireOf } from "./wire.ts";

type Open = (options: MqttOptions, context: AdapterContext) => Promise<Link<MqttDevice, MqttPoint, MqttStep>>;

/**
 * Tools have a connection of their own, whatever link is named. Through that of the gateway a filter that is as wide as `#` would
 * have the broker send its devices' messages twice (MQTT 5.0 §3.3.4, 3.1.1 §3.3.5).
 */
export function mqttTools(open: Open): AdapterTools<MqttDevice, MqttPoint, MqttStep> {
  return {
    wire: WIRE_OPTIONS,
    besides: true,
    open: async (args: ToolArguments, context: AdapterContext) =>
      open((await wireOf(args, undefined)).options, context),
    scan,
    probe,
    decode,
  };
}
