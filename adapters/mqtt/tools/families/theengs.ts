/** Theengs Gateway and OpenMQTTGateway, https://docs.openmqttgateway.com/use/ble.html: Bluetooth devices as gateways heard them. */
import type { Message } from "../../message.ts";
import { joined, nameAt, objectOf } from "./payload.ts";
import type { Sighting } from "./sighting.ts";

const TOPIC = /^(.+)\/([^/]+)\/BTtoMQTT\/([0-9A-F]{12})$/;

export function theengs(message: Message): readonly Sighting[] {
  const [, base, , address] = TOPIC.exec(message.topic) ?? [];
  if (base === undefined || address === undefined) return [];
  const json = objectOf(message);
  const id = nameAt(json, "id");
  if (json === undefined || id?.replaceAll(":", "").toUpperCase() !== address) return [];
  const model = joined(nameAt(json, "brand"), nameAt(json, "model"), nameAt(json, "model_id"));
  return [
    {
      kind: "device",
      family: "Theengs or OpenMQTTGateway",
      key: address,
      name: nameAt(json, "name"),
      model,
      facts: { mac: id, base },
      // What nobody knows the model of is a phone that walked by.
      traits: model === undefined ? ["unknown"] : Object.keys(json),
      topics: [`${base}/+/BTtoMQTT/${address}`],
    },
  ];
}
