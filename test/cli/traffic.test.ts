import assert from "node:assert/strict";
import test from "node:test";
import { type Reporting, type ServerTraffic, trafficOf, type WayName } from "../../src/cli/traffic.ts";
import { trafficLines, trafficReport } from "../../src/cli/traffic-text.ts";
import { SECOND } from "../../src/clock.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { parsePattern } from "../../src/lwm2m/path-pattern.ts";
import type { ReportEntry } from "../../src/lwm2m/report-entry.ts";
import type { DevicePlan } from "../../src/mapping/plan-types.ts";
import { aPlan, constant, point } from "../support/device-plan.ts";

const SERVER = {
  id: 101,
  uri: "coap://[2001:db8::1]",
  nstart: 1,
  version: "auto",
  maxMessage: 1024,
  reports: [],
  scheme: "coap",
  layout: "gateway",
} as const;

function traffic(devices: readonly DevicePlan[], server: Partial<Reporting["servers"][number]> = {}): ServerTraffic {
  const [only] = trafficOf({ devices, catalogue, servers: [{ ...SERVER, ...server }] });
  assert.ok(only !== undefined);
  return only;
}

function way({ ways }: ServerTraffic, name: WayName) {
  const found = ways.find((way) => way.name === name);
  assert.ok(found !== undefined);
  return found;
}

/** Each of the resources a float at one pace. */
function meter(id: string, every: number, ...resources: readonly string[]): DevicePlan {
  return aPlan(Object.fromEntries(resources.map((path) => [path, point({ poll: { every } })])), { id });
}

test("one value: each byte of its notification and of the acknowledgement is counted", () => {
  const { values, ways } = traffic([meter("meter-1", 10 * SECOND, "3303/0/5700")]);
  // IPv4 20, UDP 8, CoAP 4, token 8, Observe 1+3, Content-Format 1+2, marker 1; TLV: type, ID in two bytes, float in four.
  const notification = 28 + 4 + 8 + 4 + 3 + 1 + (1 + 2 + 4);
  assert.equal(values, 1);
  assert.equal(Math.round(10 * (ways[0]?.bytes.tlv ?? 0)), notification + 28 + 4);
  // SenML CBOR: array and map; base name "/meter-1/3303/0/5700"; base time as float64; value as float32.
  const pack = 1 + 1 + (1 + 1 + 20) + (1 + 9) + (1 + 5);
  assert.equal(Math.round(10 * (ways[0]?.bytes.senmlCbor ?? 0)), notification - 7 - 1 + pack + 28 + 4);
  assert.deepEqual([ways[0]?.messages, ways[0]?.count], [0.1, 1]);
});

test("an instance is told whole at each pace of its resources, a list once a device, packs at each pace of all devices", () => {
  const plan = (id: string): DevicePlan =>
    aPlan(
      {
        "3303/0/5700": point({ poll: { every: 2 * SECOND } }),
        "3303/0/5601": point({ poll: { every: 10 * SECOND } }),
        "3303/0/5602": point({ poll: { every: 10 * SECOND } }),
        "3304/0/5700": point({ poll: { every: 2 * SECOND } }),
        "3304/0/5701": constant("%RH"),
        "3/0/0": point({ poll: "connect" }),
        "3/0/4": { kind: "execute", steps: () => [] },
      },
      { id },
    );
  const found = traffic([plan("a"), plan("b")]);
  assert.equal(found.values, 8);
  const messages = Object.fromEntries(found.ways.map(({ name, messages }) => [name, Number(messages.toFixed(3))]));
  assert.deepEqual(messages, {
    resource: 2 * (2 * 0.5 + 2 * 0.1),
    instance: 2 * (0.5 + 0.1 + 0.5),
    composite: 2 * (0.5 + 0.1),
    send: 0.5 + 0.1,
  });
  assert.deepEqual(
    found.ways.map(({ count }) => count),
    [8, 4, 2, 1],
  );
  assert.equal(found.best, "send");
});

test("a device that is a client of its own sends its own packs, and what of an entry is its own", () => {
  const devices = [meter("a", SECOND, "3303/0/5700"), meter("b", SECOND, "3303/0/5700")];
  const pattern = parsePattern("/*/3303/*/5700");
  const every: ReportEntry = { name: "all", paths: [pattern], when: { type: "interval", every: 10 * SECOND } };
  const [together, apart] = (["gateway", "clients"] as const).map((layout) =>
    traffic(devices, { layout, reports: [every] }),
  );
  assert.ok(together !== undefined && apart !== undefined);
  const messages = (found: ServerTraffic) => [way(found, "send").messages, way(found, "report").messages];
  assert.deepEqual(
    [messages(together), messages(apart)],
    [
      [1, 0.1],
      [2, 0.2],
    ],
  );
  assert.match(trafficLines([apart]).join("\n"), /Send, packs of each device \(2\)/);
});

test("a server of LwM2M 1.0 has neither lists nor Send", () => {
  const { ways, best } = traffic([meter("a", SECOND, "3303/0/5700", "3303/0/5601")], { version: "1.0" });
  assert.deepEqual([ways.map(({ name }) => name), best], [["resource", "instance"], "instance"]);
});

test("what fits hangs on how many messages may be on their way", () => {
  const resources = Array.from({ length: 12 }, (_, i) => `3303/${i}/5700`);
  const [slow, fast] = [1, 2].map((nstart) => traffic([meter("a", SECOND, ...resources)], { nstart }));
  assert.ok(slow !== undefined && fast !== undefined);
  assert.deepEqual([slow.carries, way(slow, "resource").fits, way(slow, "send").fits], [10, false, true]);
  assert.deepEqual([fast.carries, way(fast, "resource").fits], [20, true]);
  const lines = trafficLines([slow, fast]).join("\n");
  assert.match(
    lines,
    /^ {3}warning: observed one by one they are 12 messages a second, of which the link carries 10: /m,
  );
  assert.match(lines, /\(nstart 1, round trip 100 ms\): Observe-Composite, Send fit; /);
  assert.match(lines, /\(nstart 2, round trip 100 ms\): every way fits; /);
});

test("where nothing fits, that is said", () => {
  const found = traffic([meter("a", 50, "3303/0/5700")]);
  assert.equal(found.best, undefined);
  assert.match(
    trafficLines([found]).at(-1) ?? "",
    /: no way fits; poll less often, have the server set pmin, raise nstart, or use coap\+tcp$/,
  );
});

test("what one block does not hold takes a round trip for each; a pack ends at max_message", () => {
  const resources = Array.from({ length: 100 }, (_, i) => `3303/${i}/5700`);
  const device = meter("meter-1", SECOND, ...resources);
  const [small, large] = [1024, 4096].map((maxMessage) => traffic([device], { maxMessage }));
  assert.ok(small !== undefined && large !== undefined);
  assert.equal(way(small, "composite").messages, 2);
  assert.equal(way(small, "send").messages, 2);
  assert.equal(way(large, "send").messages, 2);
  const tiny = traffic([device], { maxMessage: 256 });
  assert.ok(way(tiny, "send").messages > 5, `${way(tiny, "send").messages}`);
});

test("where nothing is polled there is nothing to tell", () => {
  const devices = [aPlan({ "3303/0/5700": constant(1) })];
  assert.deepEqual(trafficOf({ devices, catalogue, servers: [SERVER] }), []);
  assert.deepEqual(trafficLines([]), []);
});

test("programs get numbers: messages a second, megabytes in 30 days", () => {
  const [report] = trafficReport([traffic([meter("meter-1", 10 * SECOND, "3303/0/5700")])]);
  assert.ok(report !== undefined);
  const { ways, ...rest } = report;
  assert.deepEqual(rest, {
    ...{ values: 1, server: 101, uri: SERVER.uri, nstart: 1, carries: 10, best: "resource", roundTrip: 100 },
  });
  assert.deepEqual([ways[0]?.messagesPerSecond, ways[0]?.megabytesPerMonth.tlv], [0.1, 22.55]);
});

test("report entries cost what they tell: at their interval, at each change within pmin, or each measurement", () => {
  const device = (id: string): DevicePlan => meter(id, 2 * SECOND, "3303/0/5700", "3303/0/5601", "3304/0/5700");
  const paths = (text: string) => ({ name: text, paths: [parsePattern(text)] });
  const messages = (...reports: readonly ReportEntry[]): number =>
    way(traffic([device("a"), device("b")], { reports }), "report").messages;
  assert.equal(messages({ ...paths("/*"), when: { type: "interval", every: 15 * SECOND } }), 1 / 15);
  assert.equal(messages({ ...paths("/*"), when: { type: "sample" } }), 0.5);
  assert.equal(messages({ ...paths("/*"), when: { type: "change", attributes: {} } }), 0.5);
  assert.equal(messages({ ...paths("/*"), when: { type: "change", attributes: { pmin: 10 } } }), 0.1);
  assert.equal(messages({ ...paths("/c"), when: { type: "sample" } }), 0);
  const both: ReportEntry[] = [
    { ...paths("/a/3303"), when: { type: "sample" } },
    { ...paths("/*/3304/0/5700"), when: { type: "interval", every: 10 * SECOND } },
  ];
  const found = traffic([device("a"), device("b")], { reports: both });
  assert.equal(way(found, "report").messages, 0.6);
  assert.ok(way(found, "report").bytes.senmlCbor < way(found, "send").bytes.senmlCbor);
  assert.equal(found.best, "send");
  assert.match(trafficLines([found]).join("\n"), /^ {3}Send, the report: entries as they are \(2\) +0\.6 /m);
});

test("over TCP no message waits for another, and a notification is confirmed by a Pong", () => {
  const resources = Array.from({ length: 40 }, (_, i) => `3303/${i}/5700`);
  const device = meter("meter-1", SECOND, ...resources);
  const found = traffic([device], { scheme: "coap+tcp", uri: "coap+tcp://127.0.0.1" });
  assert.deepEqual([found.carries, found.ways.every(({ fits }) => fits)], [undefined, true]);
  // IPv4 20, TCP 32; frame: length and code 2, token 8, Observe 1+3, Content-Format 1+2, marker 1, TLV 7. Ping 3; back a segment with
  // a Pong 3, and its acknowledgement.
  assert.equal(way(found, "resource").bytes.tlv, 40 * (52 + (2 + 1 + 8 + 4 + 3 + 1 + 7) + 3 + 52 + 3 + 52));
  const lines = trafficLines([found]);
  assert.match(lines.at(-1) ?? "", /^ {3}a stream carries as many messages as come: every way fits; /);
  assert.ok(!lines.some((line) => line.includes("warning")));
});

test("where of everything nothing fits, the entries may", () => {
  const device = meter("a", 50, "3303/0/5700");
  const entry: ReportEntry = { name: "a", paths: [parsePattern("/*")], when: { type: "interval", every: 15 * SECOND } };
  const found = traffic([device], { reports: [entry] });
  assert.match(
    trafficLines([found]).at(-1) ?? "",
    /: of everything no way fits, the report: entries do; poll less often/,
  );
});
