/** The gateway is killed while Leshan observes it: registration and observation go on in the next process. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { decodeMessage } from "../../src/coap/message.ts";
import { OPTION, uintValue } from "../../src/coap/options.ts";
import { type LeshanValue, type Notification, valuesOf } from "./leshan/messages.ts";
import { type Session, sharedSession } from "./leshan/session.ts";
import { checkWellFormed } from "./leshan/tshark.ts";

const aSession = sharedSession("restart");

/** A number that the server itself can change, and that the account keeps. */
const NUMBER = "/1/0/5";

for (const round of [1, 2]) {
  test(`kill -9 and a start, for the ${round}. time: an Update, and the observation tells what is new`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan, gateway } = session;
    await write(session, round);
    if (round === 1) assert.equal((await leshan.observe(NUMBER, "SENML_CBOR")).status, "CONTENT(205)");
    const { registrationId } = await leshan.registration();
    // Within a second everything is on the disk.
    await pause(1500);
    const before = observeNumbers(session);
    const mark = leshan.events.mark;
    await gateway.killAndStart();
    await leshan.events.next(mark, "UPDATED");
    await write(session, 100 + round);
    await leshan.events.next(mark, "NOTIFICATION", (one) => valueIn(one) === String(100 + round));
    assert.deepEqual(leshan.events.since(mark, "REGISTRATION"), []);
    assert.equal((await leshan.registration()).registrationId, registrationId);
    const after = observeNumbers(session).slice(before.length);
    assert.ok(after.length > 0 && Math.min(...after) > Math.max(...before), `${before} then ${after}`);
  });
}

test("the observation that outlived two processes ends when Leshan says so", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  assert.equal((await leshan.cancelActively(NUMBER)).status, "CONTENT(205)");
  const mark = leshan.events.mark;
  await write(session, 7);
  await leshan.values(NUMBER, "TLV");
  assert.deepEqual(leshan.events.since(mark, "NOTIFICATION"), []);
});

test("tshark finds nothing malformed in the whole session", async (t) => {
  const session = await aSession(t);
  if (session !== undefined) await checkWellFormed(t, session.wire);
});

/** Of all that the gateway sent. */
function observeNumbers({ wire }: Session): number[] {
  return wire.datagrams
    .filter(({ fromGateway }) => fromGateway)
    .flatMap(({ bytes }) => uintValue(decodeMessage(bytes), OPTION.observe) ?? []);
}

function valueIn({ res, val, timestamped }: Notification): LeshanValue | undefined {
  return valuesOf(val ?? timestamped?.[0]?.val, res)[NUMBER];
}

async function write({ leshan }: Session, value: number): Promise<void> {
  const node = { kind: "singleResource", id: 5, type: "INTEGER", value: String(value) } as const;
  assert.equal((await leshan.write(NUMBER, node, "TLV")).status, "CHANGED(204)");
}
