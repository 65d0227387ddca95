import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { HOUR, MINUTE, SECOND } from "../../../src/clock.ts";
import type { Why, WhyFacts } from "../../../src/gateway/views/why/why.ts";
import { whyOf } from "../../../src/gateway/views/why/why.ts";
import { type AGateway, aGateway } from "../../support/a-gateway.ts";
import { CLIMATE_SETUP, POINT, TEMPERATURE } from "../../support/climate-mapping.ts";

const SETTLED = 2 * MINUTE;

interface Situation {
  readonly name: string;
  /** What happened. */
  readonly when: (world: AGateway) => unknown;
  /** What is asked about; default: meter-1. */
  readonly about?: string;
  /** What the cause is about, which it is, and what was found. */
  readonly cause: readonly [about: string, looked: string, found: RegExp];
  readonly next: RegExp;
}

const SITUATIONS: readonly Situation[] = [
  {
    name: "the link cannot be connected",
    when: ({ bus }) => {
      bus.down = true;
      bus.hangUp();
    },
    cause: ["link", "link bus", /connection refused/],
    next: /^lwm2m-gateway link show bus$/,
  },
  {
    name: "the unit does not answer",
    when: ({ meter }) => {
      meter.silent = true;
    },
    cause: ["device", "device meter-1", /^it is offline: .*(no answer|without an answer).*; heard \d+ min ago$/],
    next: /^lwm2m-gateway scan modbus --link bus --yes$/,
  },
  {
    name: "the device refuses with an exception",
    when: ({ meter }) => meter.missing.add(POINT.humidity),
    about: "/meter-1/3304/0/5700",
    cause: ["value", "/meter-1/3304/0/5700", /exception 2 \(illegal data address\).* \(.*climate\.yaml:\d+\)$/],
    next: /^lwm2m-gateway values meter-1 --raw$/,
  },
  {
    name: "a value is out of its limits",
    when: ({ meter }) => meter.set(POINT.temperature, 999),
    cause: ["value", TEMPERATURE, /^999 is outside valid -40\.\.125 \(.*climate\.yaml:\d+\)$/],
    next: /^lwm2m-gateway values meter-1 --raw$/,
  },
  {
    name: "a mapping is wrong",
    when: (world) => {
      world.configure(["{ id: meter-1, mapping: climat, link: bus, unit_id: 1 }"]);
      return world.reload();
    },
    cause: ["configuration", "device meter-1", /^it is off: .*there is no mapping "climat".*did you mean "climate"\?/],
    next: /lwm2m-gateway check && lwm2m-gateway reload$/,
  },
  {
    name: "the link is paused",
    when: ({ gateway }) => gateway.links.pause("bus", 10 * MINUTE),
    cause: ["link", "link bus", /^somebody paused it: link bus is paused until /],
    next: /^lwm2m-gateway link resume bus$/,
  },
  {
    name: "options of the link were set by hand, and nothing else is odd",
    when: ({ gateway }) => gateway.links.set("bus", { gap: "50ms" }),
    cause: ["link", "link bus", /^gap: set by hand, and not what the file says$/],
    next: /^lwm2m-gateway link set bus --reset$/,
  },
  {
    name: "there is no such value",
    when: () => {},
    about: "meter-1/3303/9/5700",
    cause: ["value", "/meter-1/3303/9/5700", /^the device has no value there/],
    next: /^lwm2m-gateway values meter-1$/,
  },
  {
    name: "the server is not registered",
    when: async ({ server, clock }) => {
      server.wire.cut = true;
      await clock.advance(HOUR);
    },
    cause: ["server", "server 101", /^it is (retrying|registering|updating|waiting): /],
    next: /^lwm2m-gateway status$/,
  },
  {
    name: "nobody observes it",
    when: () => {},
    about: TEMPERATURE,
    cause: ["server", "server 101", /^it does not observe it, so that nothing is sent$/],
    next: /^observe it at the server, or give the server report: in config\.yaml$/,
  },
];

for (const { name, when, about = "meter-1", cause, next } of SITUATIONS) {
  test(`${name}: that is the likeliest cause, and what to do is said`, async (t) => {
    const world = await aGateway(t, CLIMATE_SETUP);
    await world.clock.advance(20 * SECOND);
    await when(world);
    await world.clock.advance(SETTLED);
    const why = await world.gateway.views.whyAt(about);
    assert.deepEqual([why.cause?.about, why.cause?.looked], cause.slice(0, 2), JSON.stringify(why.steps));
    assert.match(why.cause?.found ?? "", cause[2]);
    assert.match(why.cause?.next ?? "", next);
  });
}

test("a unit that does not answer is the cause, whether its connection is open or rests for a while", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  await world.clock.advance(20 * SECOND);
  world.meter.silent = true;
  await world.clock.advance(SETTLED);
  const seen = new Set<string>();
  for (let i = 0; i < 40; i++) {
    await world.clock.advance(3 * SECOND);
    const { cause, steps } = await world.gateway.views.whyAt("meter-1");
    assert.equal(cause?.about, "device", JSON.stringify(steps));
    seen.add(steps.find(({ about }) => about === "link")?.finding ?? "");
  }
  assert.deepEqual([...seen].sort(), ["doubt", "ok"]);
});

test("where all is well there is no cause, and each step says what was found", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  await world.server.observe(TEMPERATURE, {});
  await world.clock.advance(20 * SECOND);
  const why = await world.gateway.views.whyAt(TEMPERATURE);
  assert.equal(why.cause, undefined, JSON.stringify(why.steps));
  assert.deepEqual(
    why.steps.map(({ about, finding }) => `${about} ${finding}`),
    ["configuration ok", "link ok", "device ok", "value ok", "clock ok", "server ok", "server ok", "store ok"],
  );
});

async function factsOf(t: TestContext): Promise<WhyFacts> {
  const { gateway, clock } = await aGateway(t, CLIMATE_SETUP);
  await clock.advance(20 * SECOND);
  const [status, { values }] = await Promise.all([gateway.fullStatus(), gateway.views.values("meter-1")]);
  return { status, id: "meter-1", link: gateway.links.of("bus"), values };
}

const found = ({ steps }: Why): readonly string[] => steps.map(({ finding, found: text }) => `${finding}: ${text}`);

test("what holds values back is told: mute, budget, what is stranded, a clock that nobody knows, a disk that is away", async (t) => {
  const facts = await factsOf(t);
  const [server] = facts.status.servers;
  assert.ok(server !== undefined);
  const { store: _store, ...status } = facts.status;
  const held = whyOf({
    ...facts,
    status: {
      ...status,
      clock: { trusted: false, reason: "it says 1970" },
      servers: [
        {
          ...server,
          reports: { ...server.reports, waiting: 7, stranded: 3, sendObstacle: "the server has muted Send (/1/0/23)" },
          budget: { month: 1000, used: 900, holding: ["history waits"] },
        },
      ],
    },
  });
  const told = found(held);
  for (const expected of [
    "doubt: nobody knows what time it is, so that values with times wait: it says 1970",
    "doubt: by Send nothing goes: the server has muted Send (/1/0/23)",
    "doubt: 3 reports cannot go now",
    "doubt: its budget of the month holds: history waits",
    "unknown: the disk does not answer in time",
  ]) {
    assert.ok(told.includes(expected), `${expected} in\n${told.join("\n")}`);
  }
});

test("a server that may not see the device, and one with no server at all", async (t) => {
  const facts = await factsOf(t);
  const [server] = facts.status.servers;
  assert.ok(server !== undefined);
  const hidden = { ...server, shown: { ...server.shown, unseen: ["meter-1"] } };
  assert.match(
    whyOf({ ...facts, status: { ...facts.status, servers: [hidden] } }).cause?.found ?? "",
    /access\.devices hides/,
  );
  assert.equal(whyOf({ ...facts, status: { ...facts.status, servers: [] } }).cause?.found, "there is none");
});
