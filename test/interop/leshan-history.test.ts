/** What Leshan missed, because it was dead or could not read it, arrives by Send, with times, in the layouts that it can read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { dtlsAddon } from "../support/dtls.ts";
import { FEEDERS } from "./leshan/cabinet.ts";
import { COUNTS, checkCounts, count, hears, tellsAfterOutage } from "./leshan/outage.ts";
import { pskClients } from "./leshan/psk-clients.ts";
import { sharedSession } from "./leshan/session.ts";
import { checkWellFormed } from "./leshan/tshark.ts";

const LIMIT = { timeout: 90_000 };
const SERVER = "lifetime: 60s, history: send";

const asInstances = sharedSession("h-instances", {
  server: `${SERVER}, layout: instances, ${COUNTS}`,
  devices: FEEDERS,
});
const asGateway = sharedSession("h-gateway", { server: `${SERVER}, layout: gateway, ${COUNTS}`, devices: FEEDERS });
const asClients = sharedSession("h-clients", { server: `${SERVER}, layout: clients, ${COUNTS}`, devices: FEEDERS });
const asKeyedClients = sharedSession(
  "h-psk",
  pskClients({
    ...{ name: "h-psk", ids: ["feeder-1", "feeder-2", "meter-1"] },
    ...{ server: `${SERVER}, ${COUNTS}`, devices: FEEDERS },
  }),
);

test("instances: the history of a device arrives as that of its instance", LIMIT, async (t) => {
  const session = await asInstances(t);
  if (session === undefined) return;
  const began = Date.now();
  checkCounts(await tellsAfterOutage(session, "/3342/0/5501"), session.endpoint, began);
  await checkWellFormed(t, session.wire);
});

test("clients: the history of a device arrives from its own client", LIMIT, async (t) => {
  const session = await asClients(t);
  if (session === undefined) return;
  const { leshan, endpoint } = session;
  await leshan.events.next(0, "REGISTRATION", (one) => one.endpoint === `${endpoint}-feeder-1`);
  const began = Date.now();
  checkCounts(await tellsAfterOutage(session, "/3342/0/5501"), `${endpoint}-feeder-1`, began);
  await checkWellFormed(t, session.wire);
});

test("clients, a key for each: the history of a device arrives over its own association", LIMIT, async (t) => {
  if (dtlsAddon(t) === undefined) return;
  const session = await asKeyedClients(t);
  if (session === undefined) return;
  const { leshan, endpoint } = session;
  await leshan.events.next(0, "REGISTRATION", (one) => one.endpoint === `${endpoint}-feeder-1`);
  const began = Date.now();
  checkCounts(await tellsAfterOutage(session, "/3342/0/5501"), `${endpoint}-feeder-1`, began);
});

test(
  "gateway, then instances: the history that Leshan could not read arrives when the layout is another",
  LIMIT,
  async (t) => {
    const session = await asGateway(t);
    if (session === undefined) return;
    const { leshan, gateway, endpoint } = session;
    const began = Date.now();
    await count(session);
    // Once at first, and once more when it has had the time to read object 25.
    await gateway.printed(/"reason":"4\.00 [^\n]*the server refuses Send/);
    assert.deepEqual(leshan.events.since(0, "SEND"), []);
    await gateway.startAgain(`${SERVER}, layout: instances, ${COUNTS}`);
    checkCounts(await hears(session, "/3342/0/5501"), endpoint, began);
    await checkWellFormed(t, session.wire);
  },
);
