import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { aGateway } from "../support/a-gateway.ts";
import { CLIMATE, CLIMATE_SETUP, HUMIDITY, POINT, TEMPERATURE } from "../support/climate-mapping.ts";

const LIVE = { climate: CLIMATE.replace("unit: Cel, valid", "poll: never, unit: Cel, valid") };

test("a path that is observed again while a notification is on its way goes on, and nothing is lost", async (t) => {
  const { clock, meter, server, gateway } = await aGateway(t, CLIMATE_SETUP);
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  meter.set(POINT.temperature, 25);
  await clock.advance(12 * SECOND);
  server.wire.cut = false;
  const again = await server.observe(TEMPERATURE);
  assert.equal(again.values[TEMPERATURE], 25);
  await clock.advance(10 * SECOND);
  meter.set(POINT.temperature, 26);
  await clock.advance(MINUTE);
  assert.equal(server.received(TEMPERATURE).at(-1), 26);
  assert.deepEqual(gateway.status().servers[0]?.observations, [TEMPERATURE]);
  assert.equal(gateway.status().servers[0]?.reports.waiting, 0);
});

test("an Observe of a slow device that is taken back before its answer is no observation", async (t) => {
  const { clock, meter, server, gateway } = await aGateway(t, { ...CLIMATE_SETUP, mappings: LIVE });
  meter.latency = 900;
  const answer = server.ask(CODE.get, TEMPERATURE, { observe: 0 });
  await clock.advance(100);
  server.takeBack();
  await server.settled(answer);
  await clock.advance(10 * SECOND);
  assert.deepEqual(gateway.status().servers[0]?.observations, []);
  meter.latency = 0;
  meter.set(POINT.temperature, 25);
  await server.read(TEMPERATURE);
  await clock.advance(MINUTE);
  assert.equal(server.notifications.length, 0);
});

test("an observation that replaces an earlier one in the same breath is the one that stays", async (t) => {
  const { clock, meter, server, gateway } = await aGateway(t, { ...CLIMATE_SETUP, mappings: LIVE });
  meter.latency = 900;
  const first = server.ask(CODE.get, TEMPERATURE, { observe: 0 });
  const second = server.ask(CODE.get, TEMPERATURE, { observe: 0 });
  await server.settled(Promise.all([first, second]));
  meter.latency = 0;
  meter.set(POINT.temperature, 25);
  await server.read(TEMPERATURE);
  await clock.advance(10 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [25]);
  assert.deepEqual(gateway.status().servers[0]?.observations, [TEMPERATURE]);
});

test("many observations over a lossy line with duplicates: every value arrives in order, and what comes twice has its old time", async (t) => {
  const { clock, meter, server } = await aGateway(t, {
    ...CLIMATE_SETUP,
    wire: { loss: 0.25, duplicates: 0.25, delay: [5, 900], seed: 11 },
    run: MINUTE,
  });
  await server.observe(TEMPERATURE);
  await server.observe(HUMIDITY);
  await server.observe("/meter-1/3304");
  const values: number[] = [];
  for (let i = 0; i < 60; i++) {
    values.push(30 + i / 2);
    meter.set(POINT.temperature, 30 + i / 2).set(POINT.humidity, 30 + i / 2);
    await clock.advance(10 * SECOND);
  }
  await clock.advance(3 * MINUTE);
  for (const [observed, path] of [
    [TEMPERATURE, TEMPERATURE],
    [HUMIDITY, HUMIDITY],
    ["/meter-1/3304", HUMIDITY],
  ] as const) {
    const records = server.notified(observed).flatMap((notification) => notification.records);
    const told = records.filter((record) => record.path === path).map(({ value, time }) => `${time} ${String(value)}`);
    const arrived = [...new Set(told)].map((text) => Number(text.split(" ")[1]));
    assert.deepEqual(arrived, values, observed);
  }
});
