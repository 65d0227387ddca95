import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import test, { type TestContext } from "node:test";
import { Message } from "../../../../adapters/mqtt/message.ts";
import { deviceLines } from "../../../../adapters/mqtt/tools/device-lines.ts";
import { FoundDevices } from "../../../../adapters/mqtt/tools/found-devices.ts";
import { skeletonOf } from "../../../../adapters/mqtt/tools/skeleton.ts";
import { knownMappings } from "../../../../src/config/known-mappings.ts";
import { problemText } from "../../../../src/errors.ts";
import { readConfig } from "../../../../src/gateway/read-config.ts";
import { suggestedResource } from "../../../../src/mapping/suggested-resources.ts";
import { temporaryDirectory } from "../../../support/temp.ts";
import {
  ALL_ANNOUNCEMENTS,
  type Announcement,
  HOME_ASSISTANT,
  ZIGBEE2MQTT,
} from "../../../vectors/mqtt-announcements.ts";

function found(announcements: readonly Announcement[]): FoundDevices {
  const devices = new FoundDevices();
  for (const { topic, payload } of announcements) {
    devices.hear(new Message({ topic, payload: Buffer.from(payload), retained: true }));
  }
  return devices;
}

function known() {
  return knownMappings([resolve("mappings")], "mqtt");
}

interface Files {
  readonly lines: readonly string[];
  readonly mappings?: Readonly<Record<string, readonly string[]>>;
}

/** What `check` would say of a configuration with these lines. */
async function problemsOf(t: TestContext, { lines, mappings = {} }: Files): Promise<readonly string[]> {
  const folder = temporaryDirectory(t);
  const file = join(folder, "config.yaml");
  const head = [
    "gateway: { endpoint: test }",
    "servers: [ { id: 1, uri: coap://127.0.0.1 } ]",
    "links: { LINK: { type: mqtt, url: mqtt://127.0.0.1 } }",
    "devices:",
  ];
  writeFileSync(file, `${[...head, ...lines.map((line) => `  ${line}`)].join("\n")}\n`);
  mkdirSync(join(folder, "mappings"));
  for (const [name, text] of Object.entries(mappings)) {
    writeFileSync(join(folder, "mappings", `${name}.yaml`), `${text.join("\n")}\n`);
  }
  const { problems, devices } = await readConfig(file);
  assert.equal(devices.length, lines.length, problems.map(problemText).join("\n"));
  return problems.filter(({ severity }) => severity === "error").map(problemText);
}

test("every line that a scan prints is one that the configuration takes", async (t) => {
  const lines = deviceLines(found(ALL_ANNOUNCEMENTS).found, await known(), "LINK");
  const ready = lines.filter(({ mapping }) => mapping !== undefined);
  assert.deepEqual(
    ready.map(({ line }) => line),
    [
      "- { id: living-room, mapping: esphome-climate, link: LINK, topic_prefix: livingroom }  # ESPHome 2025.2.0 esp32dev",
      "- { id: shelly-ht-shelly-plus-ht-01, mapping: shelly-ht, link: LINK, topic_prefix: shelly-ht/shelly-plus-ht-01 }  # shellyplusht",
      "- { id: shellies-plus1pm, mapping: shelly-plug, link: LINK, topic_prefix: shellies/plus1pm }",
      "- { id: shellyplus1pm-4417939a5610, mapping: shelly-plug, link: LINK, topic_prefix: shellyplus1pm-4417939a5610 }  # shellyplus1pm",
      "- { id: cellar, mapping: tasmota-sensor, link: LINK, topic: cellar, sensor: AM2301 }",
      "- { id: tasmota, mapping: tasmota-plug, link: LINK, topic: parents-room-switch }  # Tasmota MJ-S01 Switch",
      "- { id: washer, mapping: tasmota-plug, link: LINK, topic: washer }",
      '- { id: atc-165b5d, mapping: theengs-climate, link: LINK, mac: "A4:C1:38:16:5B:5D" }  # Xiaomi TH Sensor LYWSD03MMC/MJWSD05MMC_ATC',
      "- { id: acurite-tower-8623, mapping: rtl433-climate, link: LINK, model: Acurite-Tower, sensor_id: 8623 }  # Acurite-Tower on 433 MHz",
      "- { id: nexus-t-52, mapping: rtl433-climate, link: LINK, model: Nexus-T, sensor_id: 52, topic: rtl_433/+/events, humidity: false }  # Nexus-T on 433 MHz",
      '- { id: "0x001788010b2efdb0", mapping: z2m-light, link: LINK, name: "0x001788010b2efdb0", white: false }  # Philips 9290018217',
      '- { id: kuche-fuhler-1, mapping: z2m-climate, link: LINK, name: "Küche/Fühler 1" }  # Aqara WSDCGQ11LM',
      "- { id: smartplug1, mapping: z2m-plug, link: LINK, name: smartplug1 }  # TuYa TS011F_plug_1",
      "- { id: stairs, mapping: z2m-motion, link: LINK, name: stairs, brightness: true }  # Aqara RTCGQ11LM",
      "- { id: window, mapping: z2m-contact, link: LINK, name: window }  # Aqara MCCGQ11LM",
    ].toSorted((a, b) => order(a) - order(b)),
  );
  assert.deepEqual(await problemsOf(t, { lines: ready.map(({ line }) => line) }), []);
  function order(line: string): number {
    return ready.findIndex((each) => each.line === line);
  }
});

test("what no mapping is made for is named with its family, and what is known of it", async () => {
  const lines = deviceLines(found(ALL_ANNOUNCEMENTS).found, await known(), "LINK");
  const others = lines.filter(({ mapping }) => mapping === undefined).map(({ line }) => line);
  assert.ok(
    others.includes(
      "- { id: co-alarm, mapping: MAPPING, link: LINK, name: co alarm, base: zigbee2mqtt }  # Zigbee2MQTT, HEIMAN HS1CA-E",
    ),
    others.join("\n"),
  );
  assert.ok(others.some((line) => line.includes("# Shelly, first generation, SHHT-1")));
  assert.ok(others.some((line) => line.endsWith("# Tasmota, its full topic is not the usual one")));
});

test("behind a LoRaWAN network server the type in a name decides", async (t) => {
  const up = {
    topic: "application/17c82e96-be03-4f38-aef3-f83d48582d97/device/24e124136b502217/event/up",
    payload: JSON.stringify({
      deviceInfo: { deviceName: "Cold room", devEui: "24e124136b502217", deviceProfileName: "Milesight EM300-TH" },
      object: { temperature: 4.1 },
    }),
  };
  const things = {
    topic: "v3/my-app@ttn/devices/eui-a840411234567890/up",
    payload: JSON.stringify({
      end_device_ids: { device_id: "eui-a840411234567890" },
      uplink_message: { version_ids: { brand_id: "dragino", model_id: "lht65" }, decoded_payload: { TempC_SHT: 21 } },
    }),
  };
  const lines = deviceLines(found([up, things]).found, await known(), "LINK");
  assert.deepEqual(
    lines.map(({ mapping }) => mapping),
    ["chirpstack-em300-th", "ttn-lht65"],
  );
  assert.deepEqual(await problemsOf(t, { lines: lines.map(({ line }) => line) }), []);
});

test("a relay with two channels is two devices", async () => {
  const statuses = ["0", "1"].map((channel) => ({
    topic: `shellypro2-1/status/switch:${channel}`,
    payload: `{"id":${channel},"output":true}`,
  }));
  const lines = deviceLines(found(statuses).found, await known(), "broker");
  assert.deepEqual(
    lines.map(({ line }) => line),
    [
      "- { id: shellypro2-1, mapping: shelly-plug, link: broker, topic_prefix: shellypro2-1 }",
      "- { id: shellypro2-1-2, mapping: shelly-plug, link: broker, topic_prefix: shellypro2-1, channel: 1 }",
    ],
  );
});

test("a meter of three phases and a detector of motion have mappings of their own", async (t) => {
  const exposes = ["occupancy", "illuminance", "device_temperature"].map((property) => ({ type: "numeric", property }));
  const announcements = [
    { topic: "shellypro3em-841fe891e27c/status/em:0", payload: '{"id":0,"total_act_power":-18.017}' },
    {
      topic: "zigbee2mqtt/bridge/devices",
      payload: JSON.stringify([
        {
          ...{ ieee_address: "0x00158d000358e8cd", friendly_name: "stairs", type: "EndDevice" },
          definition: { vendor: "Aqara", model: "RTCGQ11LM", exposes },
        },
      ]),
    },
  ];
  const lines = deviceLines(found(announcements).found, await known(), "LINK").map(({ line }) => line);
  assert.deepEqual(lines, [
    "- { id: shellypro3em-841fe891e27c, mapping: shelly-3em, link: LINK, topic_prefix: shellypro3em-841fe891e27c }",
    "- { id: stairs, mapping: z2m-motion, link: LINK, name: stairs, brightness: true }  # Aqara RTCGQ11LM",
  ]);
  assert.deepEqual(await problemsOf(t, { lines }), []);
});

test("what is described for Home Assistant becomes a mapping that the configuration takes", async (t) => {
  const described = [
    ...HOME_ASSISTANT,
    {
      topic: "homeassistant/switch/pump/config",
      payload: JSON.stringify({
        ...{ "~": "garden/pump", name: "Pump", stat_t: "~/state", cmd_t: "~/set", avty_t: "~/status" },
        dev: { ids: ["pump-1"], name: "Garden: pump #1" },
      }),
    },
    {
      topic: "homeassistant/sensor/pump/flow/config",
      payload: JSON.stringify({
        ...{ "~": "garden/pump", name: "Flow", stat_t: "~/json", val_tpl: "{{ value_json.flow['l min'] | float }}" },
        ...{ unit_of_meas: "L/min", dev_cla: "volume_flow_rate", avty_t: "~/status" },
        dev: { ids: ["pump-1"] },
      }),
    },
    {
      topic: "homeassistant/number/pump/limit/config",
      payload: JSON.stringify({
        ...{ stat_t: "garden/pump/json", val_tpl: "{{ value_json.limit }}", cmd_t: "garden/pump/limit/set" },
        ...{ avty: [{ t: "garden/pump/status" }], unit_of_meas: "%", dev: { ids: ["pump-1"] } },
      }),
    },
    {
      topic: "homeassistant/sensor/pump/odd/config",
      payload: JSON.stringify({
        ...{
          stat_t: "garden/pump/json",
          val_tpl: "{{ value_json.a * 2 }}",
          unit_of_meas: "W",
          dev: { ids: ["pump-1"] },
        },
        avty_t: "garden/pump/status",
      }),
    },
    {
      topic: "homeassistant/light/lamp/config",
      payload: JSON.stringify({ schema: "json", stat_t: "lamp/state", cmd_t: "lamp/set", brightness: true }),
    },
    {
      topic: "homeassistant/binary_sensor/door/config",
      payload: JSON.stringify({
        ...{ stat_t: "door", val_tpl: "{{ value_json.contact }}", pl_on: false, pl_off: true, dev_cla: "door" },
      }),
    },
  ];
  const taken = new Set<string>();
  const skeletons = found(described)
    .describedBeside([])
    .flatMap((device) => skeletonOf(device, taken, suggestedResource) ?? []);
  const pump = skeletons.find(({ name }) => name === "garden-pump-1");
  assert.deepEqual(pump?.lines, [
    "format: 1",
    "mapping: garden-pump-1",
    'description: "Garden: pump #1"',
    "protocol: mqtt",
    "mqtt:",
    "  state: garden/pump/json",
    "  availability:",
    '    - { topic: garden/pump/status, online: "online", offline: "offline" }',
    "  requests:",
    '    set_pump: { topic: garden/pump/set, send: "{value}" }',
    '    set_limit: { topic: garden/pump/limit/set, send: "{value}" }',
    "objects:",
    '  3306: { on/off: { topic: garden/pump/state, enum: { "ON": true, "OFF": false }, write: { request: set_pump } } }  # Pump',
    '  3308: { set_point_value: { path: limit, unit: "%", write: { request: set_limit } } }  # limit',
    '  3346: { sensor_value: { path: "flow[\\"l min\\"]", unit: l/min } }  # Flow',
    '  # sensor "odd": its template is more than a path: {{ value_json.a * 2 }}',
  ]);
  const lines = skeletons.map(({ name }) => `- { id: ${name}, mapping: ${name}, link: LINK }`);
  const mappings = Object.fromEntries(skeletons.map(({ name, lines: text }) => [name, text]));
  assert.deepEqual(await problemsOf(t, { lines, mappings }), []);
});

test("what a device of a ready mapping has is not described once more", async () => {
  const button = ZIGBEE2MQTT.map(({ topic, payload }) => ({
    topic,
    payload: payload.replace('"window"', '"SmartThings Button 1"'),
  }));
  const devices = found([...button, ...HOME_ASSISTANT]);
  const lines = deviceLines(devices.found, await known(), "LINK");
  const mapped = lines.filter(({ mapping }) => mapping !== undefined).map(({ device }) => device);
  assert.deepEqual(
    devices.describedBeside(mapped).map(({ owner }) => owner.name),
    ["A4C138C38EE5", "Kitchen"],
  );
});

test("however many devices are announced, memory and report end somewhere", () => {
  const devices = new FoundDevices();
  const hear = (topic: string, payload: string): void => {
    devices.hear(new Message({ topic, payload: Buffer.from(payload), retained: false }));
  };
  for (let i = 0; i < 3000; i++) {
    hear(`tele/plug-${i}/LWT`, "Online");
    hear(`homeassistant/sensor/s${i}/config`, `{"stat_t":"a/${i}"}`);
    hear(`homeassistant/sensor/one/e${i}/config`, `{"stat_t":"a/${i}","dev":{"ids":"one"}}`);
  }
  assert.equal(devices.found.length, 1000);
  const described = devices.describedBeside(devices.found);
  assert.equal(described.length, 1000);
  assert.equal(described.find(({ owner }) => owner.id === "one")?.entities.length, 200);
});
