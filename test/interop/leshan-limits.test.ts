/** What Leshan's default limit for a body, 8 KiB, does to a gateway of many devices. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayProcess } from "./leshan/gateway-process.ts";
import { findLeshan } from "./leshan/installation.ts";
import { LeshanServer } from "./leshan/leshan-server.ts";

const LIMIT = { timeout: 90_000 };

const rooms = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `{ id: room-${i}, mapping: simulated-climate, link: trial, every: 60s }`);

test("a Register of 1000 devices is too long for Leshan: 4.13, which the log tells", LIMIT, async (t) => {
  const java = await findLeshan(t);
  if (java === undefined) return;
  const leshan = await LeshanServer.start(t, java, "many");
  const gateway = new GatewayProcess(t, { endpoint: "many", port: leshan.coapPort, devices: rooms(1000) });
  await gateway.printed(/"reason":"Register: 4\.13"/);
  assert.deepEqual(await leshan.clients(), []);
});

test("of 70 devices Leshan takes the whole of object 25 in TLV", LIMIT, async (t) => {
  const java = await findLeshan(t);
  if (java === undefined) return;
  const leshan = await LeshanServer.start(t, java, "some");
  new GatewayProcess(t, { endpoint: "some", port: leshan.coapPort, devices: rooms(70) });
  await leshan.events.next(0, "REGISTRATION");
  const { status, coap } = await leshan.read("/25", "TLV");
  assert.equal(status, "CONTENT(205)");
  assert.ok(coap.bytes > 7000 && coap.bytes <= 8192, `${coap.bytes} bytes`);
});
