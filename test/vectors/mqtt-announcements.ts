/**
 * What devices, bridges and gateways publish, as others have recorded it: shortened where a list goes on, and else as it came.
 * Where each is from stands with it.
 */
export interface Announcement {
  readonly topic: string;
  readonly payload: string;
}

const said = (topic: string, payload: unknown): Announcement => ({
  topic,
  payload: typeof payload === "string" ? payload : JSON.stringify(payload),
});

/**
 * A bridge with a Philips LWA012, from a note on MQTT in a React Native project (GitHub, "definition" and "exposes" as Zigbee2MQTT 1.22
 * wrote them), without endpoints; and a smart plug and others as of the Zigbee2MQTT documentation, "exposes".
 */
export const ZIGBEE2MQTT: readonly Announcement[] = [
  said("zigbee2mqtt/bridge/info", {
    version: "2.1.0",
    commit: "a1b2c3",
    coordinator: { ieee_address: "0x00124b002c7a2966", type: "zStack3x0" },
    permit_join: false,
  }),
  said("zigbee2mqtt/bridge/devices", [
    {
      definition: null,
      friendly_name: "Coordinator",
      ieee_address: "0x00124b0024c9ec84",
      supported: false,
      type: "Coordinator",
    },
    {
      date_code: "20201012",
      definition: {
        description: "Hue white A60 bulb B22 bluetooth",
        exposes: [
          {
            features: [
              { access: 7, name: "state", property: "state", type: "binary", value_off: "OFF", value_on: "ON" },
              { access: 7, name: "brightness", property: "brightness", type: "numeric", value_max: 254, value_min: 0 },
            ],
            type: "light",
          },
          { access: 1, name: "linkquality", property: "linkquality", type: "numeric", unit: "lqi" },
        ],
        model: "9290018217",
        vendor: "Philips",
      },
      friendly_name: "0x001788010b2efdb0",
      ieee_address: "0x001788010b2efdb0",
      manufacturer: "Signify Netherlands B.V.",
      model_id: "LWA012",
      power_source: "Mains (single phase)",
      supported: true,
      type: "Router",
    },
    {
      definition: {
        exposes: [
          { access: 1, name: "temperature", property: "temperature", type: "numeric", unit: "°C" },
          { access: 1, name: "humidity", property: "humidity", type: "numeric", unit: "%" },
          { access: 1, name: "battery", property: "battery", type: "numeric", unit: "%" },
        ],
        model: "WSDCGQ11LM",
        vendor: "Aqara",
      },
      friendly_name: "Küche/Fühler 1",
      ieee_address: "0x00158d0001234567",
      type: "EndDevice",
    },
    {
      definition: {
        exposes: [
          {
            features: [
              { access: 7, name: "state", property: "state", type: "binary", value_off: "OFF", value_on: "ON" },
            ],
            type: "switch",
          },
          { access: 1, name: "power", property: "power", type: "numeric", unit: "W" },
        ],
        model: "TS011F_plug_1",
        vendor: "TuYa",
      },
      friendly_name: "smartplug1",
      ieee_address: "0xa4c13895af2c1df3",
      type: "Router",
    },
    {
      definition: {
        exposes: [
          { access: 1, name: "contact", property: "contact", type: "binary", value_off: true, value_on: false },
        ],
        model: "MCCGQ11LM",
        vendor: "Aqara",
      },
      friendly_name: "window",
      ieee_address: "0x00158d0002345678",
      type: "EndDevice",
    },
    {
      definition: {
        exposes: [
          { access: 1, name: "occupancy", property: "occupancy", type: "binary", value_off: false, value_on: true },
          { access: 1, name: "illuminance", property: "illuminance", type: "numeric", unit: "lx" },
        ],
        model: "RTCGQ11LM",
        vendor: "Aqara",
      },
      friendly_name: "stairs",
      ieee_address: "0x00158d0005678901",
      type: "EndDevice",
    },
    {
      definition: {
        exposes: [{ access: 1, name: "carbon_monoxide", property: "carbon_monoxide", type: "binary" }],
        model: "HS1CA-E",
        vendor: "HEIMAN",
      },
      friendly_name: "co alarm",
      ieee_address: "0x00158d0003456789",
      type: "EndDevice",
    },
    { disabled: true, friendly_name: "old", ieee_address: "0x00158d0004567890", type: "EndDevice" },
  ]),
];

/** Tasmota 13.3.0 in the README of a LoRa gateway in MicroPython; a wall switch, Tasmota 9.3.1, in the source of a Go program; `tele/` as of tasmota.github.io/docs/MQTT. */
export const TASMOTA: readonly Announcement[] = [
  said(
    "tasmota/discovery/E0980680FF6D/config",
    '{"ip":"192.168.2.196","dn":"Tasmota","fn":["Tasmota",null,null,null,null,null,null,null],"hn":"tasmota-80FF6D-8045","mac":"E0980680FF6D","md":"Generic","ty":0,"if":0,"ofln":"Offline","onln":"Online","state":["OFF","ON","TOGGLE","HOLD"],"sw":"13.3.0.1","t":"tasmota_80FF6D","ft":"%prefix%/%topic%/","tp":["cmnd","stat","tele"],"rl":[0,0,0,0],"swc":[-1,-1],"swn":[null,null],"btn":[0,0],"so":{"4":0,"11":0},"lk":0,"lt_st":0,"bat":0,"dslp":0,"sho":[],"sht":[],"ver":1}',
  ),
  said(
    "tasmota/discovery/BCDDC2000000/config",
    '{"ip":"10.1.10.1","dn":"Tasmota","fn":["ParentsRoomSwitch",null],"hn":"parents-room-switch","mac":"BCDDC2000000","md":"MJ-S01 Switch","ty":0,"if":0,"ofln":"Offline","onln":"Online","state":["OFF","ON","TOGGLE","HOLD"],"sw":"9.3.1","t":"parents-room-switch","ft":"%prefix%/%topic%/","tp":["cmnd","stat","tele"],"rl":[1,0,0,0,0,0,0,0],"swc":[-1],"swn":[null],"btn":[0],"so":{"4":0},"lk":1,"lt_st":0,"sho":[0,0,0,0],"ver":1}',
  ),
  said("tele/parents-room-switch/LWT", "Online"),
  said(
    "tele/washer/STATE",
    '{"Time":"2026-11-23T06:00:00","Uptime":"1T17:04:28","Heap":27,"SleepMode":"Dynamic","POWER":"ON","Wifi":{"AP":1,"RSSI":80,"Signal":-60}}',
  ),
  said(
    "tele/washer/SENSOR",
    '{"Time":"2026-11-23T06:00:00","ENERGY":{"Total":3.185,"Yesterday":3.058,"Today":0.127,"Power":0,"ApparentPower":0,"ReactivePower":0,"Factor":0.00,"Voltage":220,"Current":0.000}}',
  ),
  said(
    "tele/cellar/SENSOR",
    '{"Time":"2026-11-23T06:00:00","AM2301":{"Temperature":20.7,"Humidity":40.9,"DewPoint":7.0},"TempUnit":"C"}',
  ),
  said("turned/tele/LWT", "Offline"),
];

/** Notifications of a Plus 1PM and a Plus H&T, and a first generation's announcement, as recorded in the READMEs of three public bridges for Shelly devices. */
export const SHELLY: readonly Announcement[] = [
  said(
    "shellyplus1pm-4417939a5610/events/rpc",
    '{"src":"shellyplus1pm-4417939a5610","dst":"shellyplus1pm-4417939a5610/events","method":"NotifyStatus","params":{"ts":1708326851.41,"switch:0":{"id":0,"output":true,"source":"MQTT","voltage":224.18}}}',
  ),
  said("shellyplus1pm-4417939a5610/online", "true"),
  said(
    "shellies/plus1pm/status/switch:0",
    '{"id":0, "source":"init", "output":false, "apower":0.0, "voltage":232.7, "current":0.000, "aenergy":{"total":0.000}}',
  ),
  said("shellies/plus1pm/online", "true"),
  said(
    "shelly-ht/shelly-plus-ht-01/events/rpc",
    '{"src":"shellyplusht-08b61fce63c4","dst":"shelly-ht/shelly-plus-ht-01/events","method":"NotifyFullStatus","params":{"ts":1674473304.12,"ble":{},"cloud":{"connected":false},"devicepower:0":{"id": 0,"battery":{"V":6.17, "percent":100},"external":{"present":false}},"ht_ui":{},"humidity:0":{"id": 0,"rh":54.3},"mqtt":{"connected":true},"temperature:0":{"id": 0,"tC":20.1}}}',
  ),
  said(
    "shellies/announce",
    '{"id":"shellyht-123456","model":"SHHT-1","mac":"123456789","ip":"192.168.0.123","new_fw":false,"fw_ver":"20210710-130145/v1.11.0-g12a9327-master"}',
  ),
  said("shellies/shelly-plug-s1/relay/0/power", "20.58"),
];

/** Topics as of esphome.io/components/mqtt: `<prefix>/sensor/<id>/state`, and `esphome/discover/<name>`. */
export const ESPHOME: readonly Announcement[] = [
  said(
    "esphome/discover/livingroom",
    '{"ip":"192.168.1.30","name":"livingroom","friendly_name":"Living Room","port":6053,"version":"2025.2.0","mac":"a4cf12b0c1d2","platform":"ESP32","board":"esp32dev","network":"wifi"}',
  ),
  said("livingroom/sensor/temperature/state", "21.5"),
  said("livingroom/sensor/humidity/state", "47.2"),
  said("livingroom/status", "online"),
];

/** As recorded in the test of a public parser of Theengs messages, and a phone that walked by. */
export const THEENGS: readonly Announcement[] = [
  said(
    "home/TheengsGateway/BTtoMQTT/A4C138165B5D",
    '{"name":"ATC_165B5D","id":"A4:C1:38:16:5B:5D","rssi":-71,"brand":"Xiaomi","model":"TH Sensor","model_id":"LYWSD03MMC/MJWSD05MMC_ATC","type":"THB","tempc":20.5,"tempf":68.9,"hum":57,"batt":88,"volt":2.909,"mac":"A4:C1:38:16:5B:5D"}',
  ),
  said(
    "home/OpenMQTTGateway/BTtoMQTT/5F2A11223344",
    '{"id":"5F:2A:11:22:33:44","mac_type":1,"manufacturerdata":"4c001005","rssi":-90}',
  ),
];

/** A tower sensor as owners of OpenMQTTGateway published it, and one as of rtl_433's "Data format". */
export const RTL_433: readonly Announcement[] = [
  said(
    "home/OpenMQTTGateway_RTL/RTL_433toMQTT/Acurite-Tower/A/8623",
    '{"model":"Acurite-Tower","id":8623,"rssi":-81,"channel":"A","battery_ok":1,"temperature_C":21.3,"humidity":44}',
  ),
  said(
    "rtl_433/raspberry/events",
    '{"time":"2026-11-23 06:00:00","model":"Nexus-T","id":52,"channel":1,"battery_ok":1,"temperature_C":4.1}',
  ),
];

/** ChirpStack 4: "Test device" of 2022-07-18 as a public test of an integration has it. The Things Stack: the examples of its data formats, at apis.io and thethingsindustries.com. */
export const LORAWAN: readonly Announcement[] = [
  said("application/17c82e96-be03-4f38-aef3-f83d48582d97/device/0101010101010101/event/up", {
    deduplicationId: "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    time: "2022-07-18T09:34:15.775023242+00:00",
    deviceInfo: {
      tenantId: "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
      tenantName: "ChirpStack",
      applicationId: "17c82e96-be03-4f38-aef3-f83d48582d97",
      applicationName: "Test application",
      deviceProfileId: "14855bf7-d10d-4aee-b618-ebfcb64dc7ad",
      deviceProfileName: "Test device-profile",
      deviceName: "Test device",
      devEui: "0101010101010101",
      tags: { key: "value" },
    },
    devAddr: "00189440",
    dr: 1,
    fPort: 1,
    data: "qg==",
    rxInfo: [{ gatewayId: "0016c001f153a14c", uplinkId: 4217106255, rssi: -36, snr: 10.5 }],
  }),
  said("v3/weather-stations@ttn/devices/dev-eu868-01/up", {
    end_device_ids: {
      device_id: "dev-eu868-01",
      application_ids: { application_id: "weather-stations" },
      dev_eui: "70B3D57ED005B89A",
    },
    received_at: "2026-05-25T13:42:11.412Z",
    uplink_message: {
      f_port: 2,
      f_cnt: 1834,
      frm_payload: "ASsBKAAA",
      decoded_payload: { temperature_c: 29.9, humidity_pct: 29.6, battery_v: 3.62 },
      rx_metadata: [{ gateway_ids: { gateway_id: "eui-aa555a0000000101" }, rssi: -68, snr: 9.2 }],
    },
  }),
];

/**
 * Discovery: OpenMQTTGateway's of an LYWSD03MMC (abbreviated) and Zigbee2MQTT's (in full), both in a public collection of notes on
 * MicroPython; and one for a whole device, as home-assistant.io/integrations/mqtt has it.
 */
export const HOME_ASSISTANT: readonly Announcement[] = [
  said(
    "homeassistant/sensor/A4C138C38EE5-LYWSD03MMC-batt/config",
    '{"stat_t":"home/OpenMQTTGateway_ESP32_BLE/BTtoMQTT/A4C138C38EE5","name":"LYWSD03MMC-batt","uniq_id":"A4C138C38EE5-LYWSD03MMC-batt","dev_cla":"battery","val_tpl":"{{ value_json.batt | is_defined }}","unit_of_meas":"%","device":{"name":"A4C138C38EE5","model":"LYWSD03MMC","manufacturer":"OMG_community","identifiers":["A4C138C38EE5"]}}',
  ),
  said("homeassistant/sensor/0x286d970001037539/temperature/config", {
    availability: [{ topic: "zigbee2mqtt/bridge/state", value_template: "{{ value_json.state }}" }],
    device: {
      identifiers: ["zigbee2mqtt_0x286d970001037539"],
      manufacturer: "SmartThings",
      model: "Button (IM6001-BTP01)",
      name: "SmartThings Button 1",
    },
    device_class: "temperature",
    enabled_by_default: true,
    origin: { name: "Zigbee2MQTT", sw: "2.0.0", url: "https://www.zigbee2mqtt.io" },
    state_class: "measurement",
    state_topic: "zigbee2mqtt/SmartThings Button 1",
    unique_id: "0x286d970001037539_temperature_zigbee2mqtt",
    unit_of_measurement: "°C",
    value_template: "{{ value_json.temperature }}",
  }),
  said("homeassistant/device/ea334450945afc/config", {
    dev: { ids: "ea334450945afc", name: "Kitchen", mf: "Bla electronics", mdl: "xya", sw: "1.0", sn: "ea334450945afc" },
    o: { name: "bla2mqtt", sw: "2.1", url: "https://bla2mqtt.example.com/support" },
    cmps: {
      some_unique_component_id1: {
        p: "sensor",
        device_class: "temperature",
        unit_of_measurement: "°C",
        value_template: "{{ value_json.temperature}}",
        unique_id: "temp01ae_t",
      },
      some_unique_id2: {
        p: "sensor",
        device_class: "humidity",
        unit_of_measurement: "%",
        value_template: "{{ value_json.humidity}}",
        unique_id: "temp01ae_h",
      },
    },
    state_topic: "sensorBedroom/state",
    qos: 2,
  }),
];

export const ALL_ANNOUNCEMENTS: readonly Announcement[] = [
  ...ZIGBEE2MQTT,
  ...TASMOTA,
  ...SHELLY,
  ...ESPHOME,
  ...THEENGS,
  ...RTL_433,
  ...LORAWAN,
  ...HOME_ASSISTANT,
];
