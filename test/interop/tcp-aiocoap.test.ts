/** The gateway at coap+tcp://, at a server made of aiocoap: RFC 8323 as somebody else has read it. */
import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import type { Lifetime } from "../support/process.ts";
import { type Cabinet, openCabinet } from "./leshan/cabinet.ts";
import { GatewayProcess } from "./leshan/gateway-process.ts";
import { dissect } from "./leshan/tshark.ts";
import { AiocoapServer, findAiocoap, type Told } from "./tcp/aiocoap.ts";
import { StreamRecorder } from "./tcp/stream-recorder.ts";

const ENDPOINT = "urn:dev:ops:32473-tcp";
const LABEL = "/meter-1/26241/0/0";
const MEASURED = "/meter-1/26241/0/10";
const { text, senmlJson, linkFormat } = CONTENT_FORMAT;

interface Session {
  readonly server: AiocoapServer;
  readonly gateway: GatewayProcess;
  readonly meter: Cabinet["meter"];
  readonly wire: StreamRecorder;
}

const ends: (() => unknown)[] = [];
const owner: Lifetime = { after: (end) => ends.push(end) };
after(async () => {
  for (const end of ends.reverse()) await end();
});
let session: Promise<Session> | undefined;

async function sessionOf(t: TestContext): Promise<Session | undefined> {
  const python = findAiocoap(t);
  if (python === undefined) return undefined;
  session ??= open(python);
  return session;
}

async function open(python: string): Promise<Session> {
  const server = await AiocoapServer.start(owner, python);
  const wire = await StreamRecorder.open(owner, server.port);
  const { meter, port } = await openCabinet(owner);
  const scheme = "coap+tcp";
  const gateway = new GatewayProcess(owner, { scheme, port: wire.port, endpoint: ENDPOINT, modbusPort: port });
  await gateway.printed(/the device is online/);
  await server.until(({ event }) => event === "register");
  return { server, gateway, meter, wire };
}

const textOf = ({ payload = "" }: Told): string => Buffer.from(payload, "hex").toString();

test("LightweightM2M-1.1-int-106 at aiocoap: it registers with b=T", { timeout: 60_000 }, async (t) => {
  const world = await sessionOf(t);
  if (world === undefined) return;
  const { query = [], objects } = await world.server.until(({ event }) => event === "register");
  assert.deepEqual(query, [`ep=${ENDPOINT}`, "lt=60", "lwm2m=1.2", "b=T"]);
  assert.match(objects ?? "", /<\/25\/0>/);
});

test("aiocoap reads, discovers and writes over the connection that the gateway made", {
  timeout: 60_000,
}, async (t) => {
  const world = await sessionOf(t);
  if (world === undefined) return;
  const { server, meter } = world;
  const read = await server.ask({ method: "GET", path: LABEL, accept: text });
  assert.deepEqual([read.code, textOf(read)], ["2.05 Content", "pump-7"]);
  const found = await server.ask({ method: "GET", path: "/meter-1/26241", accept: linkFormat });
  assert.match(textOf(found), /<\/26241\/0\/10>/);
  const write = await server.ask({ method: "PUT", path: LABEL, content_format: text, payload: "7075" });
  assert.equal(write.code, "2.04 Changed");
  assert.equal(meter.get("label"), "7075000000000000");
  const none = await server.ask({ method: "GET", path: "/meter-1/9999" });
  assert.equal(none.code, "4.04 Not Found");
});

test("aiocoap observes, and ends the observation", { timeout: 60_000 }, async (t) => {
  const world = await sessionOf(t);
  if (world === undefined) return;
  const { server, meter } = world;
  const first = await server.ask({ method: "GET", path: MEASURED, accept: senmlJson, observe: 0 });
  assert.match(textOf(first), /230\.125/);
  for (const [value, digits] of [
    [231.5, "231.5"],
    [232.25, "232.25"],
  ] as const) {
    const before = server.told.length;
    meter.setMeasured(value);
    const told = await server.until(({ event }) => event === "notification", before);
    assert.ok(textOf(told).includes(digits), textOf(told));
  }
  const ended = await server.ask({ method: "GET", path: MEASURED, cancel: MEASURED });
  assert.equal(ended.code, "cancelled");
});

test("a Send reaches aiocoap", { timeout: 60_000 }, async (t) => {
  const world = await sessionOf(t);
  if (world === undefined) return;
  const { stdout } = await world.gateway.send(LABEL, "--format", "senml-json");
  assert.match(stdout, /delivered/);
  assert.match(textOf(await world.server.until(({ event }) => event === "send")), /"vs":"pu(mp-7)?"/);
});

test("a connection that breaks is made anew, and registered anew, and served as before", {
  timeout: 60_000,
}, async (t) => {
  const world = await sessionOf(t);
  if (world === undefined) return;
  const { server, wire } = world;
  const before = server.told.length;
  wire.break();
  await server.until(({ event }) => event === "register", before);
  const read = await server.ask({ method: "GET", path: "/3/0/0", accept: text });
  assert.deepEqual([read.code, textOf(read)], ["2.05 Content", "Example"]);
});

test("SIGTERM: it de-registers, and takes its leave by a Release", { timeout: 60_000 }, async (t) => {
  const world = await sessionOf(t);
  if (world === undefined) return;
  const { code } = await world.gateway.stop();
  assert.equal(code, 0);
  await world.server.until(({ event }) => event === "deregister");
});

test("tshark has nothing to say against any message on the stream", { timeout: 60_000 }, async (t) => {
  const world = await sessionOf(t);
  if (world === undefined) return;
  const found = await dissect(t, world.wire, "tcp");
  if (found === undefined) return;
  assert.deepEqual(found.complaints, []);
  // Of several messages in a segment it tells the first, so that a Ping behind a notification is none of its codes.
  for (const code of ["7.01", "7.03", "7.04", "0.02", "2.01", "2.05"])
    assert.ok((found.codes.get(code) ?? 0) > 0, code);
});
