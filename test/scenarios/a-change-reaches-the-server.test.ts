import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { aGateway } from "../support/a-gateway.ts";
import {
  CLIMATE_SETUP,
  HUMIDITY,
  POINT,
  SECOND_TEMPERATURE,
  SLOW_CLIMATE_SETUP,
  TEMPERATURE,
} from "../support/climate-mapping.ts";

test("a changed power reading reaches the server within pmin", async (t) => {
  const { clock, meter, server } = await aGateway(t, { mapping: "eastron-sdm630", prefix: "dev1" });
  await server.observe("/dev1/10242/0/4", { pmin: 10 });
  meter.set("10242/0/4", 230.5);
  await clock.advance(15 * SECOND);
  assert.deepEqual(server.received("/dev1/10242/0/4"), [230.5]);
});

test("changes within pmin become one notification at its end, with the newest value", async (t) => {
  const { clock, meter, server } = await aGateway(t, CLIMATE_SETUP);
  const answer = await server.observe(TEMPERATURE, { pmin: 60 });
  assert.deepEqual([answer.code, answer.values], ["2.05", { [TEMPERATURE]: 21 }]);
  for (const value of [23, 24, 25]) {
    meter.set(POINT.temperature, value);
    await clock.advance(15 * SECOND);
  }
  assert.equal(server.notifications.length, 0);
  await clock.advance(30 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [25]);
  assert.equal(Math.round(((server.notifications[0]?.at ?? 0) - answer.at) / SECOND), 60);
});

test("without a change pmax brings the value again, with the time at which it was last measured", async (t) => {
  const { clock, server } = await aGateway(t, CLIMATE_SETUP);
  await server.observe(TEMPERATURE, { pmin: 10, pmax: 60 });
  await clock.advance(3 * MINUTE);
  const records = server.records(TEMPERATURE);
  assert.deepEqual(
    records.map(({ value }) => value),
    [21, 21, 21],
  );
  for (const [i, { time = 0 }] of records.entries()) {
    const at = server.notifications[i]?.at ?? 0;
    assert.ok(at - time >= 0 && at - time <= 10 * SECOND, `measured ${at - time} ms before it was reported`);
  }
});

test("gt, lt and st are judged against the last reported value, each crossing counts", async (t) => {
  const { clock, meter, server } = await aGateway(t, CLIMATE_SETUP);
  // The example of the Transport TS: 45 to 50 and 38 to 49 notify, 48 to 42 too, 48 to 55 does not.
  assert.equal((await server.writeAttributes(HUMIDITY, "gt=45", "st=10")).code, "2.04");
  await server.observe(HUMIDITY);
  for (const value of [44, 46, 55, 56.5, 42, 38, 39]) {
    meter.set(POINT.humidity, value);
    await clock.advance(10 * SECOND);
  }
  assert.deepEqual(server.received(HUMIDITY), [46, 56.5, 42]);
  assert.equal((await server.writeAttributes(HUMIDITY, "gt", "st", "lt=30")).code, "2.04");
  for (const value of [80, 29, 20, 30, 31]) {
    meter.set(POINT.humidity, value);
    await clock.advance(10 * SECOND);
  }
  assert.deepEqual(server.received(HUMIDITY).slice(3), [29, 31]);
});

test("object, instance and resource are observed side by side, each with what is below it", async (t) => {
  const { clock, meter, server } = await aGateway(t, CLIMATE_SETUP);
  await server.observe("/meter-1/3303");
  await server.observe("/meter-1/3303/1");
  await server.observe(TEMPERATURE);
  meter.set(POINT.temperature, 30);
  await clock.advance(12 * SECOND);
  const told = (): string[] => server.notifications.map(({ observed }) => observed).sort();
  assert.deepEqual(told(), ["/meter-1/3303", TEMPERATURE]);
  const [object] = server.notified("/meter-1/3303");
  assert.deepEqual(object?.values, {
    "/meter-1/3303/0/5700": 30,
    "/meter-1/3303/0/5701": "Cel",
    "/meter-1/3303/0/5750": "Room",
    "/meter-1/3303/1/5700": 22,
    "/meter-1/3303/1/5701": "Cel",
  });
  server.notifications.length = 0;
  meter.set(POINT.secondTemperature, 31);
  await clock.advance(12 * SECOND);
  assert.deepEqual(told(), ["/meter-1/3303", "/meter-1/3303/1"]);
  assert.deepEqual(server.received(SECOND_TEMPERATURE), [31, 31]);
});

test("SenML tells when each value was measured; TLV carries the values alone", async (t) => {
  const { clock, meter, server } = await aGateway(t, CLIMATE_SETUP);
  await server.observe(TEMPERATURE, { pmin: 30 }, CONTENT_FORMAT.senmlJson);
  await server.observe("/meter-1/3304/0", { pmin: 30 }, CONTENT_FORMAT.tlv);
  meter.set(POINT.temperature, 23.5).set(POINT.humidity, 55);
  const from = clock.wall();
  await clock.advance(40 * SECOND);
  const [json] = server.notified(TEMPERATURE);
  const [tlv] = server.notified("/meter-1/3304/0");
  assert.equal(json?.format, CONTENT_FORMAT.senmlJson);
  assert.deepEqual(json?.values, { [TEMPERATURE]: 23.5 });
  const [record] = json?.records ?? [];
  assert.ok(record?.time !== undefined && record.time > from && json !== undefined);
  assert.ok(json.at - record.time <= 10 * SECOND, "the time of the last poll, not that of the notification");
  assert.equal(tlv?.format, CONTENT_FORMAT.tlv);
  assert.equal(tlv?.values[HUMIDITY], 55);
  assert.equal(tlv?.records[0]?.time, undefined);
});

test("con=0 makes notifications that nobody acknowledges, and yet one in a day is", async (t) => {
  const { clock, server } = await aGateway(t, SLOW_CLIMATE_SETUP);
  await server.writeAttributes(TEMPERATURE, "con=0", "pmax=7200");
  await server.observe(TEMPERATURE);
  await clock.advance(25 * HOUR);
  const types = server.notifications.map(({ type }) => type);
  assert.equal(types.length, 12);
  assert.equal(types.filter((type) => type === "con").length, 1);
});

test("a cancelled observation is quiet, whichever way it was cancelled", async (t) => {
  const { clock, meter, server, gateway } = await aGateway(t, CLIMATE_SETUP);
  await server.observe(TEMPERATURE);
  await server.observe(HUMIDITY);
  assert.equal((await server.cancel(TEMPERATURE))?.code, "2.05");
  await server.cancel(HUMIDITY, "forget");
  meter.set(POINT.temperature, 30).set(POINT.humidity, 60);
  await clock.advance(MINUTE);
  assert.equal(server.notifications.length, 0);
  assert.deepEqual(gateway.status().servers[0]?.observations, []);
  meter.set(POINT.humidity, 61);
  const heard = server.packets.length;
  await clock.advance(MINUTE);
  assert.equal(server.packets.length, heard, "the rejected one was the last");
});
