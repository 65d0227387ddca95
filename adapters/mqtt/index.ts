/** Devices that speak over an MQTT broker. */
import type { AdapterContext, AdapterModule } from "../../src/adapter.ts";
import { delivered, messageName } from "./delivered.ts";
import { WAYS } from "./firmware/ways.ts";
import { adviseLinks } from "./link-advice.ts";
import type { MqttLink } from "./mqtt-link.ts";
import { type MqttOptions, optionsSchema } from "./options.ts";
import { type MqttPoint, PARTS, pointSchema, SOURCES, shape } from "./points.ts";
import { plannedRequests } from "./request-plan.ts";
import { deviceSchema, type MqttDevice } from "./section.ts";
import { type MqttStep, stepFault, stepSchema } from "./steps.ts";

async function open(options: MqttOptions, context: AdapterContext): Promise<MqttLink> {
  const { MqttLink } = await import("./mqtt-link.ts");
  return new MqttLink(options, context);
}

export const mqtt: AdapterModule<MqttOptions, MqttDevice, MqttPoint, MqttStep> = {
  name: "mqtt",
  linkTypes: { mqtt: optionsSchema },
  sources: SOURCES,
  parts: PARTS,
  polled: true,
  device: deviceSchema,
  shape,
  point: pointSchema,
  step: stepSchema,
  stepFault,
  delivered,
  messageName,
  open,
  simulate: async (...args) => (await import("./simulation/simulate.ts")).simulate(...args),
  leadsTo: ({ broker: { host, port } }) => ({ type: "host", protocol: "mqtt", host, port }),
  plan: plannedRequests,
  adviseLinks,
  firmware: WAYS,
  tools: async () => (await import("./tools/index.ts")).mqttTools(open),
};
