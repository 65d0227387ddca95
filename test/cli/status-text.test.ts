import assert from "node:assert/strict";
import test from "node:test";
import { span } from "../../src/cli/countdown.ts";
import { formatStatus } from "../../src/cli/status-text.ts";
import type { DeviceStatus } from "../../src/devices/device-status.ts";
import type { GatewayStatus, SeeingServerStatus } from "../../src/gateway/status.ts";
import type { StoreSummary } from "../../src/gateway/waiting/store-report.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { ClientStatus } from "../../src/servers/server-status.ts";
import { shownRooms } from "../support/shown.ts";

const NOW = Date.UTC(2026, 0, 1);
const SECOND = 1000;
const HOUR = 3_600_000;
const NONE = { hqmax: 0, bytes: 0, age: 0, share: 0, damaged: 0, disk: 0, unkept: 0, ended: 0 };

const server: SeeingServerStatus = {
  shortServerId: 101,
  uri: "coap://lwm2m.example.com:5683",
  state: "registered",
  since: NOW - 3 * HOUR,
  reason: "Update: 2.04",
  until: NOW + 240 * SECOND,
  version: "1.2",
  observations: [parsePath("/meter-1/10242/0")],
  reports: { waiting: 0, stranded: 0, deliveredLately: 0, delivered: 5123, dropped: NONE, delivery: "send" },
  sends: { delivered: 0, refused: 0, unanswered: 0 },
  transport: { sent: 0, received: 0, sentBytes: 0, receivedBytes: 0, foreign: 0, sendErrors: 0 },
  shown: shownRooms(2),
};

test("what each report entry has found stands below its server", () => {
  const reportEntries = [
    { name: "energy", devices: 12, values: 216 },
    { name: "clock", devices: 0, values: 1 },
    { name: "/*/3399", devices: 0, values: 0 },
  ];
  const text = formatStatus(aStatus({ servers: [{ ...server, reportEntries }] }), false);
  assert.match(text, /report energy: 216 values of 12 devices\n +report clock: 1 value of the gateway itself\n/);
  assert.match(text, /report \/\*\/3399: nothing that is there\n/);
});

test("of devices that are clients of their own stands how many are registered, and why others are not", () => {
  const { shortServerId: _, uri: __, ...own } = server;
  const clients: readonly ClientStatus[] = [
    { ...own, device: "meter-1", prefix: "meter-1", endpoint: "urn:1" },
    {
      ...{ ...own, device: "meter-2", prefix: "meter-2", endpoint: "urn:2", observations: [] },
      ...{ state: "retrying", reason: "Register: 4.03", since: NOW - 60 * SECOND, until: NOW + 30 * SECOND },
    },
    { device: "meter-3", prefix: "meter-3", endpoint: "urn:3", state: "unheard", reason: "never heard" },
  ];
  const text = formatStatus(aStatus({ servers: [{ ...server, clients }] }), false);
  assert.match(text, / {4}clients: 1 of 3 devices registered\n/);
  assert.match(
    text,
    / {8}meter-2: retrying for 60 s: Register: 4\.03; next try in 30 s\n {8}meter-3: unheard: never heard\n/,
  );
  assert.match(text, /lwm2m\.example\.com:5683 +2 +0 +15369 +0\n/, "what is observed and delivered is that of all");
  const many = Array.from({ length: 15 }, (_, i) => ({
    ...{ device: `x-${i}`, prefix: `x-${i}`, state: "refused", reason: "no key" },
  })) satisfies readonly ClientStatus[];
  assert.match(
    formatStatus(aStatus({ servers: [{ ...server, clients: many }] }), false),
    /and 5 others: lwm2m-gateway status --json tells of all/,
  );
});

test("of a server at coaps:// stands how it is secured, and by whom", () => {
  const security = { provider: "openssl", mode: "psk", suite: "PSK_WITH_AES_128_CCM_8" } as const;
  const line = (resumed: boolean, connectionId: boolean): string =>
    formatStatus(aStatus({ servers: [{ ...server, security: { ...security, resumed, connectionId } }] }), false);
  const begins = /DTLS by pre-shared key, PSK_WITH_AES_128_CCM_8 \(openssl\), /;
  assert.match(line(false, true), begins);
  assert.match(line(false, true), / \(openssl\), Connection ID\n/);
  assert.match(line(true, false), / \(openssl\), no Connection ID, session taken up again\n/);
});

test("of a device that fails or is silent stands how near the end is, and when it is looked for", () => {
  const line = (life: Partial<DeviceStatus>): string | undefined => {
    const text = formatStatus(aStatus({ devices: [{ ...device, ...life }] }), false);
    return text.split("\n").at(-1)?.trim();
  };
  const failing = { reason: "no answer", failed: 2, failuresAllowed: 3, nextTry: NOW + 5 * SECOND, tries: 1 };
  assert.equal(line(failing), "no answer; 2 of 3 failures that make it offline; next try in 0:05, 2nd");
  assert.equal(line({ offlineAt: NOW + 250 * SECOND }), "offline in 4:10 unless it is heard");
  assert.equal(line({ offlineAt: NOW + 24 * HOUR }), "offline in 24:00:00 unless it is heard");
  const away = { state: "offline", reason: "no answer", failed: 9, failuresAllowed: 3 } as const;
  assert.equal(line({ ...away, nextTry: NOW + 32 * SECOND, tries: 10 }), "no answer; next try in 0:32, 11th");
  assert.equal(line({ ...away, nextTry: NOW - SECOND, tries: 22 }), "no answer; next try in 0:00, 23rd");
});

const device: DeviceStatus = {
  id: "meter-1",
  prefix: "meter-1",
  mapping: "eastron-sdm630",
  link: "meters",
  state: "online",
  since: NOW - 3 * HOUR,
  lastHeard: NOW - 2 * SECOND,
  values: [
    {
      path: parsePath("/meter-1/10242/0/4"),
      name: "Tension R",
      value: 230.123456789,
      unit: "V",
      time: NOW - 2 * SECOND,
    },
    { path: parsePath("/meter-1/10242/0/49"), name: "Frequency", bad: "not a number" },
    { path: parsePath("/meter-1/3/0/2"), name: "Serial Number", value: "1234", time: NOW - 3 * HOUR },
  ],
  counters: { reads: 0, writes: 0, executes: 0, failures: 0, skippedPolls: 0, outages: 0 },
};

function aStatus(parts: Partial<GatewayStatus>): GatewayStatus {
  const config = "/etc/lwm2m-gateway/config.yaml";
  const own = { version: "0.1.0", endpoint: "urn:dev:ops:32473-1", config, started: NOW - 3 * HOUR, now: NOW };
  return {
    ...own,
    clock: { trusted: true, reason: "the time server has set it" },
    servers: [],
    devices: [],
    links: [],
    stored: [],
    handled: [],
    disabled: [],
    configuration: { taken: NOW - 3 * HOUR, reloads: { taken: 0, refused: 0 }, errors: 0 },
    ...parts,
  };
}

test("servers, devices, why one is not well, and values: each below its heading", () => {
  const retrying: SeeingServerStatus = {
    ...server,
    shortServerId: 7,
    uri: "coap://[2001:db8::1]:5683",
    state: "retrying",
    since: NOW - 30 * SECOND,
    reason: "Register: no answer",
    until: NOW + 40 * SECOND,
    transport: { ...server.transport, foreign: 3 },
  };
  const dead: DeviceStatus = {
    ...device,
    id: "a-device-with-a-very-long-name-in-the-cellar",
    prefix: "d7",
    state: "offline",
    reason: "read holding 0x10..0x11: no answer within 1s",
    nextTry: NOW + 12 * SECOND,
    tries: 2,
    values: [],
  };
  const { lastHeard: _, ...never } = dead;
  const off = { id: "broken", reasons: ["mappings/x.yaml:3:5: error: unknown key", "mappings/x.yaml:9:1: error: no"] };
  const status = aStatus({ servers: [server, retrying], devices: [device, never], disabled: [off] });
  assert.equal(
    formatStatus(status, true),
    `lwm2m-gateway 0.1.0, up 3 h
endpoint urn:dev:ops:32473-1, configuration /etc/lwm2m-gateway/config.yaml
clock right: the time server has set it

SERVER  STATE             FOR   URI                            OBSERVED  WAITING  DELIVERED  DROPPED
101     registered (1.2)  3 h   coap://lwm2m.example.com:5683  1         0        5123       0
    Update: 2.04; next Update in 4 min
    layout gateway, 1 registration: 2 devices, each under its prefix: /room-0, /room-1
    may write and execute everything there
    of the 8192 bytes that Leshan takes: Register 103 (room for about 821 devices), /25 166 (room for about 98 devices)
7       retrying (1.2)    30 s  coap://[2001:db8::1]:5683      1         0        5123       0
    Register: no answer; next try in 40 s
    layout gateway, 1 registration: 2 devices, each under its prefix: /room-0, /room-1
    may write and execute everything there
    of the 8192 bytes that Leshan takes: Register 103 (room for about 821 devices), /25 166 (room for about 98 devices)
    3 datagrams from other addresses were ignored

DEVICE                                        PREFIX    STATE    FOR  VALUES    HEARD    MAPPING         LINK
meter-1                                       /meter-1  online   3 h  3, 1 bad  2 s ago  eastron-sdm630  meters
    /meter-1/10242/0/4   Tension R      230.1235 V  2 s ago
    /meter-1/10242/0/49  Frequency      -                    bad: not a number
    /meter-1/3/0/2       Serial Number  1234        3 h ago
a-device-with-a-very-long-name-in-the-cellar  /d7       offline  3 h  0         never    eastron-sdm630  meters
    read holding 0x10..0x11: no answer within 1s; next try in 0:12, 3rd
    no values
broken                                        -         off
    mappings/x.yaml:3:5: error: unknown key
    mappings/x.yaml:9:1: error: no`,
  );
});

test("nobody there is said in words", () => {
  assert.match(formatStatus(aStatus({}), true), /\n\nno servers\n\nno devices$/);
});

test("a span is in the largest unit that says it, and none is negative", () => {
  const spans = [0, 119.4, 119.6, 7199, 7200, 172_799, 172_800, -5].map((seconds) => span(seconds * SECOND));
  assert.deepEqual(spans, ["0 s", "119 s", "2 min", "120 min", "2 h", "48 h", "2 d", "0 s"]);
});

test("a value that servers have read in another period than the mapping's says so", () => {
  const path = parsePath("/meter-1/3/0/9");
  const value = { path, name: "Battery Level", value: 90, time: NOW };
  const values = [
    { ...value, period: 1500 },
    { ...value, period: 60_000, bad: "no answer" },
  ];
  const [first, second] = formatStatus(aStatus({ devices: [{ ...device, values }] }), true)
    .split("\n")
    .slice(-2);
  assert.match(first ?? "", /0 s ago +read every 1500ms$/);
  assert.match(second ?? "", /0 s ago +read every 1m; bad: no answer$/);
});

test("what JSON made of values is shown as it is", () => {
  const values = [9007199254740993n, Uint8Array.of(1), true, { object: 3, instance: 0 }].map((value, i) => ({
    path: parsePath(`/meter-1/3/0/${i}`),
    name: "x",
    value,
    time: NOW,
  }));
  const status = aStatus({ devices: [{ ...device, values }] });
  const sent = JSON.parse(JSON.stringify(status, (_, value) => (typeof value === "bigint" ? String(value) : value)));
  assert.match(
    formatStatus(sent, true),
    /x {2}9007199254740993 .*\n.*\n.*x {2}true .*\n.*x {2}\{"object":3,"instance":0\} /,
  );
});

test("a device's text cannot steer the terminal", () => {
  const path = parsePath("/meter-1/3/0/0");
  const values = [{ path, name: "Manufacturer", value: "A\u001b[2J\nB", time: NOW }];
  assert.match(
    formatStatus(aStatus({ devices: [{ ...device, values }] }), true),
    /Manufacturer {2}A\?\[2J\?B {2}0 s ago$/,
  );
});

test("queue mode and Send have a line where they are used", () => {
  const sends = { delivered: 12, refused: 1, unanswered: 2 };
  const lines = (parts: Partial<SeeingServerStatus>) =>
    formatStatus(aStatus({ servers: [{ ...server, ...parts }] }), false)
      .split("\n")
      .slice(10, -2);
  assert.deepEqual(lines({}), []);
  assert.deepEqual(lines({ sends, queueMode: { awakeUntil: NOW + 80 * SECOND, unheard: 0 } }), [
    "    queue mode: awake, for 80 s more",
    "    Send: 12 delivered, 1 refused, 2 not answered",
  ]);
  assert.deepEqual(lines({ queueMode: { unheard: 3 } }), ["    queue mode: asleep; 3 datagrams came during a sleep"]);
});

test("the clock: right or not, why, and when it was set the last time", () => {
  const clockLine = (clock: GatewayStatus["clock"]) => formatStatus(aStatus({ clock }), false).split("\n")[2];
  const reason = "systemd-timesyncd has not found the time yet";
  assert.equal(clockLine({ trusted: false, reason }), `nobody knows what time it is: ${reason}`);
  const right = { trusted: true, reason: "systemd-timesyncd has set it" };
  assert.equal(clockLine(right), "clock right: systemd-timesyncd has set it");
  const lastStep = { at: NOW - 5 * SECOND, by: -HOUR - 20 * SECOND };
  assert.equal(
    clockLine({ ...right, lastStep }),
    "clock right: systemd-timesyncd has set it; set back by 60 min, 5 s ago",
  );
  assert.equal(
    clockLine({ trusted: false, reason, lastStep: { at: 5000, by: 90 * SECOND } }),
    `nobody knows what time it is: ${reason}; set forwards by 90 s`,
  );
});

test("what waits is told with since when, why, how fast it goes, and what was dropped", () => {
  const store: StoreSummary = {
    ...{ source: "gateway", file: "/state/history.db", now: NOW, fileBytes: 4 * 2 ** 20, bytes: 2 ** 20 },
    ...{ limit: 8 * 2 ** 20, oldest: NOW - 3 * HOUR, lasts: 148 * HOUR },
    inflow: { span: HOUR, samples: 1000, bytes: 2 ** 15 },
    servers: [{ server: 101, entries: 1234, bytes: 2 ** 20, oldest: NOW - 3 * HOUR, newest: NOW }],
  };
  const shown = (parts: Partial<SeeingServerStatus>): readonly string[] =>
    formatStatus(aStatus({ servers: [{ ...server, ...parts }], store }), false).split("\n");
  const reports = { ...server.reports, waiting: 1234 };
  const line = (parts: Partial<SeeingServerStatus>): string => shown(parts).find((each) => / waiting/.test(each)) ?? "";
  assert.equal(
    shown({})[3],
    "what waits for servers: filled 13 %: 1 MB of 8 MB; lasts 6 d 4 h without servers at this rate, 32 KB an hour",
  );
  const start = "    1234 reports waiting, the oldest of 3 h ago";
  assert.equal(line({ reports, state: "retrying" }), `${start}: the server is away`);
  assert.equal(line({ reports, queueMode: { unheard: 0 } }), `${start}: we sleep`);
  assert.equal(line({ reports: { ...reports, deliveredLately: 620 } }), `${start}: 620 arrived in the last minute`);
  const muted = { ...reports, stranded: 34, delivery: "notify", sendObstacle: "Mute Send (/1/x/23) is true" } as const;
  assert.equal(
    line({ reports: muted }),
    `${start}: 34 cannot go now, since they are not observed in a format with times, and by Send they do not go: Mute Send (/1/x/23) is true`,
  );
  assert.equal(
    line({ reports: { ...reports, stranded: 34 } }),
    `${start}: 34 cannot go now, since their device is not there`,
  );
  const dropped = { ...NONE, hqmax: 7, bytes: 3 };
  assert.ok(
    shown({ reports: { ...server.reports, dropped } }).includes("    dropped since the start: 7 (hqmax), 3 (bytes)"),
  );
  assert.equal(line({}), "");
});

test("what servers have stored stands below the gateway, or their device", () => {
  const stored = [
    { prefix: "", objects: [{ object: 16, name: "Portfolio", instances: 1 }] },
    { prefix: "meter-1", objects: [{ object: 16, name: "Portfolio", instances: 0 }] },
  ];
  const lines = formatStatus(aStatus({ devices: [device], stored }), false).split("\n");
  assert.equal(lines[3], "stored objects: /16 Portfolio, 1 instance");
  assert.equal(lines.at(-1), "    stored objects: /16 Portfolio, 0 instances");
});
