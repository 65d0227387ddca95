import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { aGateway } from "../support/a-gateway.ts";

test("a changed power reading reaches the server within pmin", async (t) => {
  const { clock, meter, server } = await aGateway(t, { mapping: "eastron-sdm630", prefix: "dev1" });
  await server.observe("/dev1/10242/0/4", { pmin: 10 });
  meter.set("10242/0/4", 230.5);
  await clock.advance(15 * SECOND);
  assert.deepEqual(server.received("/dev1/10242/0/4"), [230.5]);
});
