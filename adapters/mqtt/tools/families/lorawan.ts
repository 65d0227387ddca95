/**
 * LoRaWAN devices behind a network server: ChirpStack v4 (https://www.chirpstack.io/docs/chirpstack/integrations/mqtt.html) and
 * The Things Stack v3 (https://www.thethingsindustries.com/docs/integrations/other-integrations/mqtt/).
 */
import type { Message } from "../../message.ts";
import { isObject, memberOf, nameAt, objectOf } from "./payload.ts";
import type { Sighting } from "./sighting.ts";

const CHIRPSTACK = /^application\/([^/]+)\/device\/([0-9a-f]{16})\/event\/(up|join|status)$/;
const THINGS = /^v3\/([^/]+)\/devices\/([^/]+)\/(up|join)$/;

export function chirpstack(message: Message): readonly Sighting[] {
  const [, application, eui] = CHIRPSTACK.exec(message.topic) ?? [];
  const json = objectOf(message);
  const info = memberOf(json, "deviceInfo");
  if (application === undefined || eui === undefined || nameAt(info, "devEui") !== eui) return [];
  return [
    {
      kind: "device",
      family: "ChirpStack",
      key: eui,
      name: nameAt(info, "deviceName"),
      model: nameAt(info, "deviceProfileName"),
      facts: { application, eui },
      traits: namesOf(memberOf(json, "object")),
      topics: [`application/${application}/device/${eui}/#`],
    },
  ];
}

export function theThingsStack(message: Message): readonly Sighting[] {
  const [, application, device] = THINGS.exec(message.topic) ?? [];
  const json = objectOf(message);
  const ids = memberOf(json, "end_device_ids");
  if (application === undefined || device === undefined || nameAt(ids, "device_id") !== device) return [];
  const uplink = memberOf(json, "uplink_message");
  const version = memberOf(uplink, "version_ids");
  return [
    {
      kind: "device",
      family: "The Things Stack",
      key: `${application}/${device}`,
      name: device,
      model:
        [nameAt(version, "brand_id"), nameAt(version, "model_id")].filter((word) => word !== undefined).join(" ") ||
        undefined,
      facts: { application, device },
      traits: namesOf(memberOf(uplink, "decoded_payload")),
      topics: [`v3/${application}/devices/${device}/#`],
    },
  ];
}

/** What the network server's decoder makes of the bytes; nothing where it has none. */
function namesOf(decoded: unknown): readonly string[] {
  return isObject(decoded) ? Object.keys(decoded) : [];
}
