/** Layouts `gateway` and `auto` at Leshan: what it can crawl changes nothing, and a prefix decides. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FEEDERS } from "./leshan/cabinet.ts";
import { expect } from "./leshan/expectations.ts";
import { type Session, sharedSession } from "./leshan/session.ts";
import { checkWellFormed } from "./leshan/tshark.ts";

const GATEWAY = { server: "lifetime: 60s, layout: gateway", devices: FEEDERS };
const AUTO = { server: "lifetime: 60s, layout: auto", devices: FEEDERS };

const asGateway = sharedSession("layout-gateway", GATEWAY);
const asAuto = sharedSession("layout-auto", AUTO);

test("gateway: the registration is kept while Leshan reads all that it knows, and devices come and go", async (t) => {
  const session = await asGateway(t);
  if (session === undefined) return;
  const { leshan, gateway } = session;
  const mark = leshan.events.mark;
  const { registrationId } = await leshan.registration();
  await crawl(session);
  assert.deepEqual(await folded(session), []);
  for (const devices of [FEEDERS.slice(1), FEEDERS]) {
    const before = leshan.events.mark;
    gateway.reload(devices);
    await leshan.events.next(before, "UPDATED", ({ update }) => update.objectLinks !== undefined);
  }
  await expect(leshan.read("/feeder-1/3305/0/5800", "TEXT"), "CONTENT(205)");
  assert.equal((await leshan.registration()).registrationId, registrationId);
  assert.deepEqual(leshan.events.since(mark, "DEREGISTRATION"), []);
});

test("auto: it begins with instances, and what Leshan reads of them, object 25 and all, leaves it so", async (t) => {
  const session = await asAuto(t);
  if (session === undefined) return;
  const { leshan } = session;
  const mark = leshan.events.mark;
  const { registrationId } = await leshan.registration();
  await crawl(session);
  assert.deepEqual(await leshan.values("/3305/1/5805", "TLV"), { "/3305/1/5805": "3000.0" });
  assert.equal((await leshan.registration()).registrationId, registrationId);
  assert.deepEqual(leshan.events.since(mark, "DEREGISTRATION"), []);
});

test("auto: the first prefixed request is answered, and then it is the layout gateway", async (t) => {
  const session = await asAuto(t);
  if (session === undefined) return;
  const { leshan } = session;
  const mark = leshan.events.mark;
  assert.notDeepEqual(await folded(session), []);
  const { status, errormessage } = await leshan.read("/feeder-2/3305/0/5800", "TEXT");
  assert.equal(status, "CONTENT(205)", errormessage);
  await leshan.events.next(mark, "DEREGISTRATION");
  await leshan.events.next(mark, "REGISTRATION");
  assert.deepEqual(await folded(session), []);
  await expect(leshan.read("/feeder-1/3305/0/5800", "SENML_CBOR"), "CONTENT(205)");
  await expect(leshan.read("/3305/0", "TLV"), "NOT_FOUND(404)");
  assert.equal(leshan.events.since(mark, "REGISTRATION").length, 1);
});

test("tshark finds nothing malformed in both sessions", async (t) => {
  const sessions = [await asGateway(t), await asAuto(t)];
  for (const session of sessions) if (session !== undefined) await checkWellFormed(t, session.wire);
});

/** As servers do that read whatever a client registers. */
async function crawl({ leshan }: Session): Promise<void> {
  const { supportedObjects } = await leshan.registration();
  for (const id of Object.keys(supportedObjects)) {
    await expect(leshan.read(`/${id}`, "TLV"), "CONTENT(205)");
    await expect(leshan.discover(`/${id}`), "CONTENT(205)");
  }
}

/** The instances that are those of devices. */
async function folded({ leshan }: Session): Promise<readonly string[]> {
  const { objectLinks } = await leshan.registration();
  return objectLinks.map(({ url }) => url).filter((url) => /^\/33\d\d\//.test(url));
}
