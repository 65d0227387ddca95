/** The life of a registration at Leshan: Register, Update, De-register, a server that dies and comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE, formatCode } from "../../src/coap/codes.ts";
import { decodeMessage, type UdpMessage } from "../../src/coap/message.ts";
import { OPTION, stringValues } from "../../src/coap/options.ts";
import type { LeshanNode } from "./leshan/messages.ts";
import { type Session, sharedSession } from "./leshan/session.ts";
import { checkWellFormed } from "./leshan/tshark.ts";

const aSession = sharedSession("registration", { server: "lifetime: 10s" });

test("auto offers 1.2, which Leshan refuses by 4.12, and then 1.1", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const registers = messages(session, true).filter(({ code, options }) => code === CODE.post && options.length > 0);
  const versions = registers
    .slice(0, 2)
    .map((message) => [
      stringValues(message, OPTION.uriPath).join("/"),
      stringValues(message, OPTION.uriQuery).find((argument) => argument.startsWith("lwm2m=")),
    ]);
  assert.deepEqual(versions, [
    ["rd", "lwm2m=1.2"],
    ["rd", "lwm2m=1.1"],
  ]);
  const answers = messages(session, false).slice(0, 2);
  assert.deepEqual(
    answers.map(({ code }) => formatCode(code)),
    ["4.12", "2.01"],
  );
});

test("Leshan reads from the Register what the gateway is and has", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { endpoint, lwM2mVersion, lifetime, bindingMode, queuemode, rootPath, objectLinks, ...more } =
    await session.leshan.registration();
  assert.deepEqual([endpoint, lwM2mVersion, lifetime], ["urn:dev:ops:32473-registration", "1.1", 10]);
  assert.deepEqual([bindingMode, queuemode, rootPath], ["U", false, "/"]);
  assert.deepEqual(more.supportedObjects, { 1: "1.1", 3: "1.1", 25: "2.0" });
  assert.deepEqual(more.additionalRegistrationAttributes, {});
  const [root, ...links] = objectLinks;
  assert.equal(root?.url, "/");
  assert.match(JSON.stringify(root?.attributes), /oma\.lwm2m.*SENML_JSON\(110\).*SENML_CBOR\(112\).*TLV\(11542\)/);
  assert.deepEqual(links, [
    { url: "/1/0", attributes: {} },
    { url: "/3/0", attributes: {} },
    { url: "/25", attributes: { ver: "2.0" } },
    { url: "/25/0", attributes: {} },
  ]);
});

test("the registration is kept alive by Updates that carry nothing", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  const mark = leshan.events.mark;
  const { registration, update } = await leshan.events.next(mark, "UPDATED");
  assert.equal(registration.lifetime, 10);
  assert.deepEqual(update, { registrationId: registration.registrationId, lifeTimeInSec: null });
});

test("a device that is added at run time is told: by an Update with all objects, and to who observes object 25", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan, gateway } = session;
  assert.equal((await leshan.observe("/25", "SENML_CBOR")).status, "CONTENT(205)");
  const mark = leshan.events.mark;
  gateway.reload(["{ id: climate-1, mapping: simulated-climate, link: trial }"]);
  const { update } = await leshan.events.next(
    mark,
    "UPDATED",
    ({ update: { objectLinks } }) => objectLinks !== undefined,
  );
  const urls = (update.objectLinks ?? []).map(({ url }) => url);
  assert.deepEqual(urls, ["/", "/1/0", "/3/0", "/25", "/25/0", "/25/1"]);
  const { status, coap } = await leshan.events.next(mark, "NOTIFICATION", ({ res }) => res === "/25");
  assert.deepEqual([status, coap.contentFormat], ["CONTENT(205)", 112]);
  assert.equal((await leshan.values("/25/1/1", "TEXT"))["/25/1/1"], "climate-1");
  await leshan.cancelActively("/25");
});

test("Leshan dies and is back at once, knowing nothing: the gateway registers again by itself", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  // So that the next test need not wait for the gateway's own pauses, of 10 s and more.
  for (const [id, value] of [
    [17, 20],
    [18, 1],
  ] as const) {
    const retry: LeshanNode = { kind: "singleResource", id, type: "UNSIGNED_INTEGER", value: String(value) };
    assert.equal((await session.leshan.write(`/1/0/${id}`, retry, "TLV")).status, "CHANGED(204)");
  }
  const { registrationId } = await session.leshan.registration();
  await session.leshan.kill();
  await session.startLeshanAgain();
  const { leshan } = session;
  const back = await leshan.events.next(0, "REGISTRATION");
  assert.notEqual(back.registrationId, registrationId);
  assert.equal(back.lwM2mVersion, "1.1");
  assert.deepEqual(await leshan.values("/3/0/0", "TLV"), { "/3/0/0": "Example" });
});

test("Leshan dies and stays away: the gateway tries until it is back, at the pace that the server once wrote", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  await session.leshan.kill();
  await session.gateway.printed(/not registered; trying again until it is/);
  await session.startLeshanAgain();
  const { leshan } = session;
  const back = await leshan.events.next(0, "REGISTRATION");
  assert.equal(back.endpoint, session.endpoint);
  assert.deepEqual(await leshan.values("/3/0/1", "SENML_CBOR"), { "/3/0/1": "Interop" });
});

test("SIGTERM de-registers", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan, gateway } = session;
  const mark = leshan.events.mark;
  const { code } = await gateway.stop();
  assert.equal(code, 0);
  const { expired, endpoint } = await leshan.events.next(mark, "DEREGISTRATION");
  assert.deepEqual([expired, endpoint], [false, session.endpoint]);
});

test("tshark finds nothing malformed in the whole session", async (t) => {
  const session = await aSession(t);
  if (session !== undefined) await checkWellFormed(t, session.wire);
});

/** Each once, however often it was repeated. */
function messages({ wire }: Session, fromGateway: boolean): readonly UdpMessage[] {
  const sent = wire.datagrams.filter((one) => one.fromGateway === fromGateway).map(({ bytes }) => decodeMessage(bytes));
  return [...new Map(sent.map((message) => [message.messageId, message])).values()];
}
