/** What a message tells about who publishes: of each message alone, whatever was heard before. */
import type { Message } from "../../message.ts";
import { esphome } from "./esphome.ts";
import { homeAssistant } from "./home-assistant.ts";
import { chirpstack, theThingsStack } from "./lorawan.ts";
import { rtl433 } from "./rtl433.ts";
import { shelly } from "./shelly.ts";
import type { Sighting } from "./sighting.ts";
import { tasmota } from "./tasmota.ts";
import { theengs } from "./theengs.ts";
import { zigbee2mqtt } from "./zigbee2mqtt.ts";

const FAMILIES = [zigbee2mqtt, tasmota, shelly, esphome, theengs, rtl433, chirpstack, theThingsStack, homeAssistant];

/** Longer topics are nobody's. */
const LONGEST_TOPIC = 512;

/** Whatever comes: nothing of it throws. An empty payload says that something is gone. */
export function sightingsOf(message: Message): readonly Sighting[] {
  if (message.payload.length === 0 || message.topic.length > LONGEST_TOPIC || /\p{Cc}/u.test(message.topic)) return [];
  return FAMILIES.flatMap((family) => family(message));
}
