/** Which mapping a device on a broker could have, of those that there are, and its parameters. */
import type { KnownMapping } from "../../../src/adapter.ts";
import type { Family } from "./families/sighting.ts";
import { OTHER_TOPICS } from "./families/tasmota.ts";
import type { FoundDevice } from "./found-devices.ts";

type Parameters = Readonly<Record<string, string>>;

/** One device may be several: a relay with two channels. */
export interface Suggestion {
  readonly mapping: string;
  /** Those that are not as they are by default. */
  readonly params: readonly Parameters[];
}

/** Empty: the mapping is none for this device. */
type ParametersOf = (device: FoundDevice) => readonly Parameters[];

/** Of each family the mappings in the order in which they are tried. */
const MAPPINGS: Readonly<Record<Family, Readonly<Record<string, ParametersOf>>>> = {
  Zigbee2MQTT: {
    "z2m-light": ifTrait("light", (device) => ({
      ...zigbee(device),
      ...(device.traits.has("color_temp") ? {} : { white: "false" }),
    })),
    "z2m-plug": ifTrait("switch", zigbee),
    "z2m-contact": ifTrait("contact", zigbee),
    "z2m-motion": ifTrait("occupancy", (device) => ({
      ...zigbee(device),
      ...(device.traits.has("illuminance") ? { brightness: "true" } : {}),
    })),
    "z2m-climate": ifTrait("temperature", (device) => ({
      ...zigbee(device),
      ...(device.traits.has("pressure") ? { pressure: "true" } : {}),
    })),
  },
  Tasmota: { "tasmota-plug": tasmotaPlugs, "tasmota-sensor": tasmotaSensors },
  Shelly: {
    "shelly-plug": shellyPlugs,
    "shelly-3em": ifTrait("em:0", shelly),
    "shelly-ht": ifTrait("humidity:0", shelly),
  },
  "Shelly, first generation": {},
  ESPHome: { "esphome-climate": esphomeClimate, "esphome-switch": esphomeSwitches },
  "Theengs or OpenMQTTGateway": {
    "theengs-climate": ifTrait("tempc", ({ facts: { mac = "", base } }) => [
      { mac, ...(base === undefined || base === "home" ? {} : { base }) },
    ]),
  },
  rtl_433: { "rtl433-climate": ifTrait("temperature_C", rtl433) },
  ChirpStack: {},
  "The Things Stack": {},
  "Home Assistant discovery": {},
};

/** Undefined: none of them is for what the device has. */
export function suggestedMapping(device: FoundDevice, mappings: readonly KnownMapping[]): Suggestion | undefined {
  if (device.traits.has(OTHER_TOPICS)) return undefined;
  const byType = typedMapping(device, mappings);
  if (byType !== undefined) return byType;
  for (const [mapping, parametersOf] of Object.entries(MAPPINGS[device.family])) {
    if (!mappings.some(({ name }) => name === mapping)) continue;
    const params = parametersOf(device);
    if (params.length > 0) return { mapping, params };
  }
  return undefined;
}

/** Behind a network server of LoRaWAN the type decides, which people put into the name of the device or of its profile. */
function typedMapping(device: FoundDevice, mappings: readonly KnownMapping[]): Suggestion | undefined {
  const { family, facts, name, model } = device;
  const { application = "", eui = "", device: id = "" } = facts;
  const prefix = { ChirpStack: "chirpstack-", "The Things Stack": "ttn-" }[String(family)];
  if (prefix === undefined) return undefined;
  const said = ` ${words(`${name} ${model}`)} `;
  const found = mappings.find(
    (mapping) =>
      mapping.name.startsWith(prefix) && mapping.model !== undefined && said.includes(` ${words(mapping.model)} `),
  );
  if (found === undefined) return undefined;
  const params = family === "ChirpStack" ? { dev_eui: eui, application } : { device: id, application };
  return { mapping: found.name, params: [params] };
}

/** Small letters and digits in words: "EM300-TH" is "em300 th". */
function words(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, " ")
    .trim();
}

function ifTrait(
  trait: string,
  parametersOf: (device: FoundDevice) => Parameters | readonly Parameters[],
): ParametersOf {
  return (device) => (device.traits.has(trait) ? [parametersOf(device)].flat() : []);
}

function zigbee({ facts: { name = "", base } }: FoundDevice): Parameters {
  return { name, ...(base === undefined || base === "zigbee2mqtt" ? {} : { base }) };
}

function tasmotaPlugs({ facts: { topic = "" }, traits }: FoundDevice): readonly Parameters[] {
  const numbers = [...traits].flatMap((trait) => /^POWER(\d*)$/.exec(trait)?.[1] ?? []).sort();
  if (numbers.length === 0) return traits.has("ENERGY") ? [{ topic }] : [];
  return numbers.map((relay) => ({ topic, ...(relay === "" ? {} : { relay }) }));
}

/** As the mapping has them. */
const SENSORS = /^(SI7021|AM2301|SHT3X|HTU21|DHT11|BME280|BMP280|DS18B20)(-\w+)?$/;

function tasmotaSensors({ facts: { topic = "" }, traits }: FoundDevice): readonly Parameters[] {
  return [...traits].flatMap((trait) => {
    const [, sensor, number] = SENSORS.exec(trait) ?? [];
    return sensor === undefined ? [] : [{ topic, sensor, ...(number === undefined ? {} : { number }) }];
  });
}

function shelly({ facts: { prefix = "" } }: FoundDevice): Parameters {
  return { topic_prefix: prefix };
}

function shellyPlugs(device: FoundDevice): readonly Parameters[] {
  const channels = [...device.traits].flatMap((trait) => /^switch:(\d+)$/.exec(trait)?.[1] ?? []).sort();
  return channels.map((channel) => ({ ...shelly(device), ...(channel === "0" ? {} : { channel }) }));
}

function rtl433({ facts: { model = "", id = "", topic = "" }, traits }: FoundDevice): Parameters {
  return {
    ...{ model, sensor_id: id },
    ...(topic === "home/+/RTL_433toMQTT/#" ? {} : { topic }),
    ...(traits.has("humidity") ? {} : { humidity: "false" }),
  };
}

function esphomeClimate({ facts: { prefix = "" }, traits }: FoundDevice): readonly Parameters[] {
  const [temperature, humidity, pressure] = ["temperature", "humidity", "pressure"].map((name) =>
    sensorCalled(name, traits),
  );
  if (temperature === undefined || humidity === undefined) return [];
  return [
    {
      topic_prefix: prefix,
      ...(temperature === "temperature" ? {} : { temperature }),
      ...(humidity === "humidity" ? {} : { humidity }),
      ...(pressure === undefined ? {} : { pressure }),
    },
  ];
}

function esphomeSwitches({ facts: { prefix = "" }, traits }: FoundDevice): readonly Parameters[] {
  const names = [...traits].flatMap((trait) => /^switch\/(.+)$/.exec(trait)?.[1] ?? []).sort();
  return names.map((name) => ({ topic_prefix: prefix, ...(name === "relay" ? {} : { switch: name }) }));
}

/** The one of that name, else the first that has it in its name. */
function sensorCalled(name: string, traits: ReadonlySet<string>): string | undefined {
  const sensors = [...traits].flatMap((trait) => /^sensor\/(.+)$/.exec(trait)?.[1] ?? []).sort();
  return sensors.find((sensor) => sensor === name) ?? sensors.find((sensor) => sensor.includes(name));
}
