import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { AdminRefusal } from "../../../src/admin/errors.ts";
import { LogRing } from "../../../src/admin/log-ring.ts";
import { Stream, type StreamEvent } from "../../../src/admin/route.ts";
import { eventRoutes } from "../../../src/cli/routes/events.ts";
import { MINUTE } from "../../../src/clock.ts";
import { typedPath } from "../../../src/gateway/operator/operator.ts";
import { aGateway } from "../../support/a-gateway.ts";

const SETUP = {
  links: ["trial: { type: simulated }"],
  devices: [
    "{ id: meter-1, mapping: eastron-sdm630, link: bus, unit_id: 1 }",
    "{ id: room-1, mapping: simulated-climate, link: trial }",
  ],
};

async function aWorld(t: TestContext) {
  const world = await aGateway(t, SETUP);
  const ring = new LogRing();
  const [route] = eventRoutes(world.gateway, ring);
  assert.ok(route !== undefined);
  const gone = new AbortController();
  t.after(() => gone.abort());
  const listen = async (query: string) => {
    const request = { params: {}, query: new URLSearchParams(query), body: undefined, signal: gone.signal };
    const answer = await route.answer(request);
    assert.ok(answer instanceof Stream);
    return answer;
  };
  /** What was heard, once whoever listens has gone. */
  const heardBy = async ({ events }: Stream): Promise<readonly StreamEvent[]> => {
    gone.abort();
    const heard: StreamEvent[] = [];
    for await (const event of events) heard.push(event);
    return heard;
  };
  return { world, ring, listen, heardBy };
}

const line = (level: string): string => JSON.stringify({ level, msg: level });

test("a device that comes and goes is told, and of other devices nothing where one is named", async (t) => {
  const { world, listen, heardBy } = await aWorld(t);
  const [all, other] = await Promise.all([listen("topics=devices"), listen("topics=devices&device=room-1")]);
  world.meter.silent = true;
  await world.clock.advance(10 * MINUTE);
  assert.deepEqual(await heardBy(all), [
    { event: "device", data: { device: "meter-1", prefix: "meter-1", state: "offline" } },
  ]);
  assert.deepEqual(await heardBy(other), []);
});

test("values are told as a read shows them, of one device or below some paths", async (t) => {
  const { world, listen, heardBy } = await aWorld(t);
  const below = await listen("topics=values&path=/room-1/3311&path=/3");
  const none = await listen("topics=values&device=meter-1&path=/room-1");
  await world.gateway.operator.write({ type: "value", path: typedPath("/room-1/3311/0/5851"), value: 75 });
  const heard = await heardBy(below);
  const last = heard.at(-1);
  const data = typeof last?.data === "object" && last.data !== null ? { ...last.data, time: 0 } : undefined;
  assert.deepEqual(
    [last?.event, data],
    ["value", { path: "/room-1/3311/0/5851", name: "Dimmer", type: "integer", value: 75, unit: "/100", time: 0 }],
  );
  assert.deepEqual(await heardBy(none), []);
});

test("the log is told from a level on, info where none is named", async (t) => {
  const { ring, listen, heardBy } = await aWorld(t);
  const [usual, warnings] = await Promise.all([listen("topics=log"), listen("topics=log&level=warn")]);
  for (const level of ["debug", "info", "warn", "error"]) ring.push(line(level));
  const levels = (events: readonly StreamEvent[]) => events.map(({ data }) => JSON.stringify(data));
  assert.deepEqual(levels(await heardBy(usual)), ["info", "warn", "error"].map(line));
  assert.deepEqual(levels(await heardBy(warnings)), ["warn", "error"].map(line));
});

test("a topic, a level or a path that is none is refused, and nobody listens then", async (t) => {
  const { listen } = await aWorld(t);
  for (const [query, message] of [
    ["topics=devices,valeus", /unknown topic "valeus"; did you mean "values"/],
    ["topics=log&level=loud", /unknown level "loud"/],
    ["topics=values&path=room", /path "room" does not begin with "\/"/],
  ] as const) {
    await assert.rejects(listen(query), (error) => error instanceof AdminRefusal && message.test(error.message));
  }
});
