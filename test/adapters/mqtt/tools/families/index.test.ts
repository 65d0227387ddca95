import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { Message } from "../../../../../adapters/mqtt/message.ts";
import { sightingsOf } from "../../../../../adapters/mqtt/tools/families/index.ts";
import type { DeviceSighting, Sighting } from "../../../../../adapters/mqtt/tools/families/sighting.ts";
import {
  ALL_ANNOUNCEMENTS,
  type Announcement,
  ESPHOME,
  LORAWAN,
  RTL_433,
  SHELLY,
  TASMOTA,
  THEENGS,
  ZIGBEE2MQTT,
} from "../../../../vectors/mqtt-announcements.ts";

function messageOf({ topic, payload }: Announcement): Message {
  return new Message({ topic, payload: Buffer.from(payload), retained: true });
}

function sighted(announcements: readonly Announcement[]): readonly Sighting[] {
  return announcements.flatMap((announcement) => sightingsOf(messageOf(announcement)));
}

function devices(announcements: readonly Announcement[]): readonly DeviceSighting[] {
  return sighted(announcements).filter((sighting) => sighting.kind === "device");
}

test("Zigbee2MQTT tells itself, and every device but the coordinator and those that are switched off", () => {
  assert.deepEqual(sighted(ZIGBEE2MQTT.slice(0, 1)), [
    { kind: "hub", family: "Zigbee2MQTT", text: "Zigbee2MQTT 2.1.0 at zigbee2mqtt" },
  ]);
  assert.deepEqual(
    devices(ZIGBEE2MQTT).map(({ key, model, traits }) => [key, model, traits]),
    [
      ["zigbee2mqtt/0x001788010b2efdb0", "Philips 9290018217", ["light", "state", "brightness", "linkquality"]],
      ["zigbee2mqtt/Küche/Fühler 1", "Aqara WSDCGQ11LM", ["temperature", "humidity", "battery"]],
      ["zigbee2mqtt/smartplug1", "TuYa TS011F_plug_1", ["switch", "state", "power"]],
      ["zigbee2mqtt/window", "Aqara MCCGQ11LM", ["contact"]],
      ["zigbee2mqtt/stairs", "Aqara RTCGQ11LM", ["occupancy", "illuminance"]],
      ["zigbee2mqtt/co alarm", "HEIMAN HS1CA-E", ["carbon_monoxide"]],
    ],
  );
});

test("the base topic of Zigbee2MQTT may be any, of several levels too", () => {
  const moved = ZIGBEE2MQTT.map(({ topic, payload }) => ({ topic: `house/1/${topic}`, payload }));
  const [first] = devices(moved);
  assert.deepEqual(first?.facts, { name: "0x001788010b2efdb0", base: "house/1/zigbee2mqtt" });
});

test("a Tasmota is known by its discovery, and by what it says of itself", () => {
  assert.deepEqual(
    devices(TASMOTA).map(({ key, model, traits }) => [key, model, traits]),
    [
      ["tasmota_80FF6D", "Tasmota Generic", []],
      ["parents-room-switch", "Tasmota MJ-S01 Switch", ["POWER"]],
      ["parents-room-switch", undefined, []],
      ["washer", undefined, ["POWER"]],
      ["washer", undefined, ["ENERGY"]],
      ["cellar", undefined, ["AM2301"]],
      ["turned", undefined, ["other topics"]],
    ],
  );
});

test("a Tasmota whose full topic is another one is told apart", () => {
  const [config] = TASMOTA;
  assert.ok(config !== undefined);
  const other = { ...config, payload: config.payload.replace("%prefix%/%topic%/", "%topic%/%prefix%/") };
  const [device] = devices([other]);
  assert.deepEqual(device?.traits, ["other topics"]);
  assert.deepEqual(device?.topics, ["tasmota_80FF6D/cmnd/#", "tasmota_80FF6D/stat/#", "tasmota_80FF6D/tele/#"]);
});

test("Shelly devices of both generations are told apart, also below shellies/", () => {
  assert.deepEqual(
    devices(SHELLY).map(({ family, key, model, traits }) => [family, key, model, traits]),
    [
      ["Shelly", "shellyplus1pm-4417939a5610", "shellyplus1pm", ["switch:0"]],
      ["Shelly", "shellyplus1pm-4417939a5610", undefined, []],
      ["Shelly", "shellies/plus1pm", undefined, ["switch:0"]],
      ["Shelly", "shelly-ht/shelly-plus-ht-01", "shellyplusht", ["devicepower:0", "humidity:0", "temperature:0"]],
      ["Shelly, first generation", "shellyht-123456", "SHHT-1", []],
      ["Shelly, first generation", "shelly-plug-s1", undefined, ["relay"]],
    ],
  );
});

test("an ESPHome node is known by its discovery and its sensors; online on .../status is said by many", () => {
  assert.deepEqual(
    devices(ESPHOME).map(({ key, name, model, traits }) => [key, name, model, traits]),
    [
      ["livingroom", "Living Room", "ESPHome 2025.2.0 esp32dev", []],
      ["livingroom", undefined, undefined, ["sensor/temperature"]],
      ["livingroom", undefined, undefined, ["sensor/humidity"]],
    ],
  );
});

test("a Bluetooth device behind Theengs or OpenMQTTGateway is known by its address, and a passing phone is no known model", () => {
  assert.deepEqual(
    devices(THEENGS).map(({ key, name, facts, traits }) => [key, name, facts, traits.slice(0, 2)]),
    [
      ["A4C138165B5D", "ATC_165B5D", { mac: "A4:C1:38:16:5B:5D", base: "home" }, ["name", "id"]],
      ["5F2A11223344", undefined, { mac: "5F:2A:11:22:33:44", base: "home" }, ["unknown"]],
    ],
  );
});

test("a sensor on 433 MHz is known by its model and its number, whoever hears it", () => {
  assert.deepEqual(
    devices(RTL_433).map(({ key, facts }) => [key, facts]),
    [
      ["Acurite-Tower 8623", { model: "Acurite-Tower", id: "8623", topic: "home/+/RTL_433toMQTT/#" }],
      ["Nexus-T 52", { model: "Nexus-T", id: "52", topic: "rtl_433/+/events" }],
    ],
  );
});

test("LoRaWAN devices are known behind ChirpStack and The Things Stack, with what their decoders give", () => {
  assert.deepEqual(
    devices(LORAWAN).map(({ family, name, model, facts, traits }) => ({ family, name, model, facts, traits })),
    [
      {
        family: "ChirpStack",
        name: "Test device",
        model: "Test device-profile",
        facts: { application: "17c82e96-be03-4f38-aef3-f83d48582d97", eui: "0101010101010101" },
        traits: [],
      },
      {
        family: "The Things Stack",
        name: "dev-eu868-01",
        model: undefined,
        facts: { application: "weather-stations@ttn", device: "dev-eu868-01" },
        traits: ["temperature_c", "humidity_pct", "battery_v"],
      },
    ],
  );
});

test("what only looks like one of them is none", () => {
  const others: readonly Announcement[] = [
    { topic: "zigbee2mqtt/bridge/devices", payload: '{"devices":[]}' },
    { topic: "zigbee2mqtt/bridge/devices", payload: '[null,7,"x",{"friendly_name":""},{"friendly_name":"a\\u0000b"}]' },
    { topic: "zigbee2mqtt/bridge/info", payload: '{"version":"2"}' },
    { topic: "tasmota/discovery/E0980680FF6D/config", payload: '{"t":7,"tp":["cmnd"]}' },
    { topic: "tasmota/discovery/e0980680ff6d/config", payload: '{"t":"a","tp":[]}' },
    { topic: "tele/a/LWT", payload: "online" },
    { topic: "tele/a/STATE", payload: '{"Time":"now"}' },
    { topic: "tele/a/SENSOR", payload: "[]" },
    { topic: "a/status/switch:0", payload: '{"id":1}' },
    { topic: "a/events/rpc", payload: '{"src":"a","method":"Reboot"}' },
    { topic: "shellyplug/online", payload: "maybe" },
    { topic: "home/gw/BTtoMQTT/A4C138165B5D", payload: '{"id":"A4:C1:38:16:5B:5E"}' },
    { topic: "rtl_433/x/events", payload: '{"model":"A"}' },
    { topic: "application/1/device/0101010101010101/event/up", payload: '{"devEUI":"0101010101010101"}' },
    { topic: "v3/a/devices/b/up", payload: '{"end_device_ids":{"device_id":"c"}}' },
    { topic: "homeassistant/sensor/bedroom/state", payload: "21.5" },
    { topic: "homeassistant/sensor/a/config", payload: '{"name":"no topic"}' },
    { topic: "zigbee2mqtt/bridge/devices", payload: "" },
  ];
  assert.deepEqual(sighted(others), []);
});

test("whatever comes on whatever topic, recognition neither throws nor takes long", () => {
  const topic = fc.oneof(
    fc.constantFrom(...ALL_ANNOUNCEMENTS.map((announcement) => announcement.topic)),
    fc
      .array(
        fc.oneof(
          fc.constantFrom("bridge", "devices", "tele", "status", "config", "sensor", "BTtoMQTT", "up", "~"),
          fc.string(),
        ),
      )
      .map((levels) => levels.join("/")),
  );
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
    fc.constantFrom(...ALL_ANNOUNCEMENTS.map((announcement) => Buffer.from(announcement.payload))),
  );
  fc.assert(
    fc.property(topic, payload, fc.boolean(), (name, bytes, retained) => {
      sightingsOf(new Message({ topic: name, payload: bytes, retained }));
    }),
    { numRuns: 500 },
  );
});

test("an announcement of which any one value is something else is recognised or not, and never an error", () => {
  const parsed = ALL_ANNOUNCEMENTS.flatMap(({ topic, payload }) => {
    try {
      return [{ topic, value: JSON.parse(payload) as unknown }];
    } catch {
      return [];
    }
  });
  fc.assert(
    fc.property(fc.constantFrom(...parsed), fc.nat(), fc.jsonValue({ maxDepth: 2 }), ({ topic, value }, at, other) => {
      const payload = JSON.stringify(replaced(value, { left: at % 40 }, other));
      sightingsOf(new Message({ topic, payload: Buffer.from(payload), retained: true }));
    }),
    { numRuns: 1000 },
  );
});

/** The document with one of its values replaced, counted from the front. */
function replaced(value: unknown, count: { left: number }, other: unknown): unknown {
  if (count.left-- === 0) return other;
  if (Array.isArray(value)) return value.map((item) => replaced(item, count, other));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, count, other)]));
}

test("payloads that are nested without end, huge, or of strange names do no harm", () => {
  const hostile = [
    "[".repeat(200_000),
    `${"[".repeat(50_000)}${"]".repeat(50_000)}`,
    `{"__proto__":{"friendly_name":"x"},"constructor":1,"t":"x","tp":{"join":1},"cmps":{"__proto__":{"p":"sensor"}},"dev":[]}`,
    `[${'{"friendly_name":"x","definition":{"exposes":'.repeat(500)}[]${"}}".repeat(500)}]`,
    `{"value_template":"${"{{ value_json".repeat(2000)}","stat_t":"a","~":"~"}`,
    `{"stat_t":"${"a/".repeat(5000)}"}`,
  ];
  for (const payload of hostile) {
    for (const { topic } of ALL_ANNOUNCEMENTS) sightingsOf(messageOf({ topic, payload }));
  }
  const deep = `${"a/".repeat(30_000)}bridge/devices`;
  assert.deepEqual(sightingsOf(messageOf({ topic: deep, payload: "[]" })), []);
});
