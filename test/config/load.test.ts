import assert from "node:assert/strict";
import { test } from "node:test";
import { readText } from "../../src/config/files.ts";
import { BASE, loadFolder, withDevices } from "./config-folder.ts";

const METER = "{ id: meter-1, mapping: eastron-sdm630, link: bus }";

test("a small configuration is complete: everything else has a default", async (t) => {
  const { config, problems } = await loadFolder(t, withDevices(METER));
  assert.deepEqual(problems, []);
  assert.ok(config !== undefined);
  const { endpoint, manufacturer, model, state } = config.gateway;
  assert.deepEqual([endpoint, manufacturer, model], ["gw", "lwm2m-gateway", "lwm2m-gateway"]);
  assert.match(state, /^\/.*\/state$/);
  const [server] = config.servers;
  assert.ok(server !== undefined);
  const { place: _place, ...settings } = server;
  assert.deepEqual(settings, {
    id: 1,
    uri: "coap://127.0.0.1",
    scheme: "coap",
    host: "127.0.0.1",
    port: 5683,
    layout: "gateway",
    lifetime: 300_000,
    version: "auto",
    profileIds: [],
    gatewayObject: "2.0",
    reregisterOnChange: false,
    queueMode: false,
    awake: 93_000,
    muteSend: false,
    nstart: 1,
    ackTimeout: 2000,
    maxRetransmit: 4,
    reports: [],
    access: { devices: ["*"], write: "all", writable: [], audit: true },
    history: "send",
    maxMessage: 1024,
    maxBody: 65_536,
  });
  assert.deepEqual([...config.links.keys()], ["bus", "trial"]);
  assert.equal(config.links.get("bus")?.adapter.name, "modbus");
  assert.deepEqual(
    config.devices.map(({ id, link, mapping }) => [id, link, mapping]),
    [["meter-1", "bus", "eastron-sdm630"]],
  );
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.gateway) && Object.isFrozen(config.devices));
});

test("every key of a server is read", async (t) => {
  const server =
    '{ id: 7, uri: "coap://[::1]:5700/", lifetime: 1h, version: 1.1, pmin: 5s, pmax: 1m, nstart: 4, ack_timeout: 500ms, max_retransmit: 2, max_body: 4096, history: notify, max_message: 2048 }';
  const { config, problems } = await loadFolder(t, {
    "config.yaml": `gateway: { endpoint: 0042, state: /var/x }\nservers: [ ${server} ]\n`,
  });
  assert.deepEqual(problems, []);
  const server7 = config?.servers[0] ?? assert.fail();
  const { host, port, version, pmin, pmax, nstart, ackTimeout, maxRetransmit, maxBody } = server7;
  assert.deepEqual([host, port, version, pmin, pmax], ["::1", 5700, "1.1", 5000, 60_000]);
  assert.deepEqual([nstart, ackTimeout, maxRetransmit, maxBody], [4, 500, 2, 4096]);
  assert.deepEqual([server7.history, server7.maxMessage], ["notify", 2048]);
  assert.equal(config?.gateway.endpoint, "0042");
  assert.equal(config?.gateway.state, "/var/x");
});

test("a server is reached by TCP where its URI says so, and then by no version before 1.1", async (t) => {
  const settingsOf = (servers: string) =>
    loadFolder(t, { "config.yaml": `gateway: { endpoint: gw }\nservers: [ ${servers} ]\n` });
  const { config, problems } = await settingsOf(
    '{ id: 1, uri: "COAP+TCP://[fe80::1]" }, { id: 2, uri: "coap+tcp://h:7" }',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(
    config?.servers.map(({ scheme, host, port }) => [scheme, host, port]),
    [
      ["coap+tcp", "fe80::1", 5683],
      ["coap+tcp", "h", 7],
    ],
  );
  assert.deepEqual((await settingsOf('{ id: 1, uri: "coap+tcp://h", version: 1.0 }')).problems, [
    "config.yaml:2:51: error: LwM2M 1.0 has no binding for TCP; expected version 1.1, 1.2 or auto",
  ]);
  assert.match((await settingsOf('{ id: 1, uri: "coaps+tcp://h" }')).problems[0] ?? "", /needs TLS/);
});

test("a wrong config.yaml is refused with every problem at its place", async (t) => {
  const { refused, problems } = await loadFolder(t, {
    "config.yaml": `gateway: { endpont: x, http: { max: 3 }, objects: [nox.xml] }
servers: [ { id: 1, uri: "coaps://h" }, { id: 70000, uri: "http://h", lifetime: 5, psk: {} } ]
links: { a: { type: modbus-tcp, hst: h, port: 99999 }, s: { type: simulatedd }, t: { type: canopen }, u: 5 }
device: []
`,
  });
  assert.ok(refused);
  const expected = [
    /^config\.yaml:1:12: error: unknown key "endpont"; did you mean "endpoint"\?$/,
    /^config\.yaml:1:24: error: `http` is not supported by this version$/,
    /^config\.yaml:1:52: error: cannot read nox\.xml: there is no such file$/,
    /^config\.yaml:2:47: error: id: must be at most 65534, found "70000"$/,
    /^config\.yaml:2:59: error: uri: http:\/\/ is not supported by this version; expected coaps:\/\/host:port, coap:\/\/host:port or coap\+tcp:\/\/host:port$/,
    /^config\.yaml:2:81: error: lifetime: "5" is no duration/,
    /^config\.yaml:2:89: error: "identity" is missing$/,
    /^config\.yaml:2:89: error: "key" is missing$/,
    /^config\.yaml:3:33: error: unknown key "hst"; did you mean "host"\?$/,
    /^config\.yaml:3:47: error: port: expected a number from 1 to 65535$/,
    /^config\.yaml:3:67: error: unknown type of link "simulatedd"; did you mean "simulated"\?$/,
    /^config\.yaml:3:92: error: unknown type of link "canopen" \(have: ble, modbus-tcp, modbus-rtu, .*simulated\)$/,
    /^config\.yaml:3:106: error: u: expected a map, found "5"$/,
    /^config\.yaml:4:1: error: unknown key "device"; did you mean "devices"\?$/,
  ];
  assert.equal(problems.length, expected.length, problems.join("\n"));
  for (const [i, pattern] of expected.entries()) assert.match(problems[i] ?? "", pattern);
});

test("a file that is not there, is no text or is no YAML is a ConfigError", async (t) => {
  assert.match((await loadFolder(t, {})).problems[0] ?? "", /^error: cannot read config\.yaml: there is no such file$/);
  const bytes = Uint8Array.of(0x61, 0xff, 0xfe);
  assert.match((await loadFolder(t, { "config.yaml": bytes })).problems[0] ?? "", /it is not UTF-8 text/);
  assert.match((await loadFolder(t, { "config.yaml": "a: {" })).problems[0] ?? "", /^config\.yaml:1:/);
  assert.match((await loadFolder(t, { "config.yaml": "" })).problems[0] ?? "", /expected a map, found nothing/);
});

test("a file that is too large is refused before it is parsed, and one without an end is not read to it", async (t) => {
  const text = `${BASE}# ${"x".repeat(5_000_000)}`;
  assert.deepEqual((await loadFolder(t, { "config.yaml": text })).problems, [
    "error: cannot read config.yaml: it is larger than 4 MB",
  ]);
  await assert.rejects(readText("/dev/zero"), /larger than 4 MB/);
});

test("a file of devices.d that is called .yml is no silence but a warning", async (t) => {
  const { config, problems } = await loadFolder(t, { ...withDevices(METER), "devices.d/hall.yml": "devices: []\n" });
  assert.equal(config?.devices.length, 1);
  assert.deepEqual(problems, ["warning: devices.d/hall.yml is not read: the name of such a file must end in .yaml"]);
});

test("server ids are unique, and pmax is not below pmin", async (t) => {
  const text = `gateway: { endpoint: x }\nservers:\n  - { id: 1, uri: "coap://a" }\n  - { id: 1, uri: "coap://b", pmin: 1m, pmax: 5s }\n`;
  assert.deepEqual((await loadFolder(t, { "config.yaml": text })).problems, [
    "config.yaml:4:11: error: two servers have the id 1",
    "config.yaml:4:47: error: pmax is shorter than pmin",
  ]);
});

test("nothing behind links or devices means none", async (t) => {
  const { config, problems } = await loadFolder(t, {
    "config.yaml": `${BASE.replace(/links.*\n/, "links:\n")}devices:\n`,
  });
  assert.deepEqual(problems, []);
  assert.deepEqual([config?.links.size, config?.devices.length], [0, 0]);
});

test("devices.d adds links and devices; a link that stands twice shows both places", async (t) => {
  const more = `links: { more: { type: simulated } }\ndevices:\n  - { id: room, mapping: simulated-climate, link: more }\n`;
  const { config, problems } = await loadFolder(t, {
    ...withDevices(METER),
    "devices.d/10-rooms.yaml": more,
    "devices.d/README": "no",
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(
    config?.devices.map(({ id }) => id),
    ["meter-1", "room"],
  );
  const clash = await loadFolder(t, {
    ...withDevices(METER),
    "devices.d/a.yaml": "links: { bus: { type: simulated } }\n",
  });
  assert.deepEqual(clash.problems, [
    'devices.d/a.yaml:1:10: error: two links have the name "bus"; the other stands at config.yaml:3:10',
  ]);
  assert.ok(clash.refused);
  const wrong = await loadFolder(t, { ...withDevices(METER), "devices.d/a.yaml": "servers: []\n" });
  assert.match(wrong.problems[0] ?? "", /^devices\.d\/a\.yaml:1:1: error: unknown key "servers"/);
});

test("objects of a vendor are known to mappings", async (t) => {
  const xml = `<?xml version="1.0"?><LWM2M><Object ObjectType="MODefinition"><Name>Pump</Name><Description1>x</Description1><ObjectID>33333</ObjectID><ObjectURN>urn:oma:lwm2m:x:33333</ObjectURN><LWM2MVersion>1.0</LWM2MVersion><ObjectVersion>1.0</ObjectVersion><MultipleInstances>Single</MultipleInstances><Mandatory>Optional</Mandatory><Resources><Item ID="1"><Name>Speed</Name><Operations>R</Operations><MultipleInstances>Single</MultipleInstances><Mandatory>Mandatory</Mandatory><Type>Float</Type><RangeEnumeration></RangeEnumeration><Units>rpm</Units><Description>x</Description></Item></Resources><Description2></Description2></Object></LWM2M>`;
  const { config, problems } = await loadFolder(t, {
    "config.yaml": `${BASE.replace("endpoint: gw", "endpoint: gw, objects: [objects/pump.xml]")}devices:\n  - { id: p, mapping: pump, link: trial }\n`,
    "objects/pump.xml": xml,
    "mappings/pump.yaml": "mapping: pump\nprotocol: simulated\nobjects: { pump: { speed: { constant: 3 } } }\n",
  });
  assert.deepEqual(problems, []);
  assert.deepEqual([...(config?.devices[0]?.resources.keys() ?? [])], ["33333/0/1"]);
  assert.equal(config?.catalogue.find(33333)?.name, "Pump");
});

test("what is odd about two links together is a warning at the second, and the configuration loads", async (t) => {
  const text = `gateway: { endpoint: x }
servers: [ { id: 1, uri: "coap://a" } ]
links:
  one: { type: modbus-rtu, port: /dev/ttyS7, line: 9600-8N1 }
  two: { type: modbus-ascii, port: /dev/ttyS7, line: 9600-7E1 }
`;
  const { config, problems } = await loadFolder(t, { "config.yaml": text });
  assert.deepEqual(problems, [
    'config.yaml:5:3: warning: the link "two": the port /dev/ttyS7 is that of the link "one" already: a port can be opened once; put the devices of both on one link',
  ]);
  assert.equal(config?.links.size, 2);
});

test("line settings that cannot be are told at their place", async (t) => {
  const wrong = async (link: string): Promise<readonly string[]> => {
    const text = `gateway: { endpoint: x }\nservers: [ { id: 1, uri: "coap://a" } ]\nlinks:\n  a: ${link}\n`;
    return (await loadFolder(t, { "config.yaml": text })).problems;
  };
  assert.deepEqual(await wrong("{ type: modbus-rtu, port: /dev/ttyS7, line: 9600-7E1 }"), [
    "config.yaml:4:50: error: line: Modbus RTU has 8 data bits, e.g. 9600-8E1; 7 are of Modbus ASCII",
  ]);
  assert.deepEqual(await wrong("{ type: modbus-rtu, port: COM3, line: 9600-8N1 }"), [
    "config.yaml:4:32: error: port: expected the path of a port, such as /dev/serial/by-id/usb-…",
  ]);
  assert.deepEqual(await wrong("{ type: modbus-rtu, port: /dev/ttyS7, line: 9600 }"), [
    'config.yaml:4:50: error: line: "9600" is no line setting; expected baud rate, data bits (7, 8), parity (N, E, O) and stop bits (1, 2), e.g. 9600-8N1 or 19200-8E1',
  ]);
  assert.deepEqual(await wrong("{ type: modbus-rtu, prot: /dev/ttyS7, line: 9600-8N1 }"), [
    'config.yaml:4:26: error: unknown key "prot"; did you mean "port"?',
  ]);
});
