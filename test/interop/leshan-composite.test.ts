/** Leshan reads, writes and observes several of the gateway's own paths at once; it has no prefixes to name a device's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMessage } from "../../src/coap/message.ts";
import { OPTION, uintValue } from "../../src/coap/options.ts";
import { CONTENT_FORMATS, type LeshanServer } from "./leshan/leshan-server.ts";
import { type LeshanNode, type LeshanValue, type Notification, valuesOfAll } from "./leshan/messages.ts";
import { type Session, sharedSession } from "./leshan/session.ts";
import { checkWellFormed } from "./leshan/tshark.ts";

const aSession = sharedSession("composite");

const FORMATS = ["SENML_JSON", "SENML_CBOR"] as const;
/** Numbers that the server itself can change, so that the tests know when it does. */
const FIRST = "/1/0/5";
const SECOND = "/1/0/2";
const LIST = [FIRST, SECOND, "/3/0/16"];

for (const format of FORMATS) {
  for (const pathFormat of FORMATS) {
    test(`Leshan reads paths of every level, named in ${pathFormat}, in ${format}`, async (t) => {
      const session = await aSession(t);
      if (session === undefined) return;
      const paths = ["/3/0/0", "/25/0", "/1", "/3/0/11/0"];
      const { status, contents, coap, errormessage } = await session.leshan.readComposite(paths, format, pathFormat);
      assert.deepEqual([status, coap.contentFormat], ["CONTENT(205)", CONTENT_FORMATS[format]], errormessage);
      const values = valuesOfAll(contents);
      assert.deepEqual(
        { ...values, "/3/0/0": "Example", "/25/0/1": "meter-1", "/1/0/0": "101", "/3/0/11/0": "0" },
        values,
      );
    });
  }

  test(`what is not there, and what is executable, is missing in the ${format} of an answer`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan } = session;
    const some = await leshan.readComposite(["/3/0/16", "/9/0/1", "/3/0/99", "/1/0/8"], format);
    assert.deepEqual([some.status, valuesOfAll(some.contents)], ["CONTENT(205)", { "/3/0/16": "U" }]);
    const none = await leshan.readComposite(["/9/0/1", "/1/0/8"], format);
    assert.deepEqual([none.status, valuesOfAll(none.contents)], ["CONTENT(205)", {}]);
  });

  test(`Leshan writes several resources in ${format}, all or none`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan } = session;
    const values = async () => valuesOfAll((await leshan.readComposite([FIRST, SECOND, "/1/0/6"], format)).contents);
    await ok(
      leshan.writeComposite({ [FIRST]: number(5, 77), [SECOND]: number(2, 1), "/1/0/6": storing(false) }, format),
    );
    assert.deepEqual(await values(), { [FIRST]: "77", [SECOND]: "1", "/1/0/6": false });
    const readOnly = await leshan.writeComposite({ [FIRST]: number(5, 78), "/1/0/0": number(0, 102) }, format);
    assert.equal(readOnly.status, "METHOD_NOT_ALLOWED(405)");
    const wrong = await leshan.writeComposite({ [FIRST]: number(5, 78), [SECOND]: number(2, -1) }, format);
    assert.equal(wrong.status, "BAD_REQUEST(400)");
    assert.equal((await values())[FIRST], "77");
    await ok(leshan.writeComposite({ [SECOND]: number(2, 0), "/1/0/6": storing(true) }, format));
  });

  test(`a change of one path is notified in ${format} with all of them, until a request ends it`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan } = session;
    await write(leshan, 1);
    const first = await leshan.observeComposite(LIST, format);
    assert.deepEqual([first.status, first.coap.contentFormat], ["CONTENT(205)", CONTENT_FORMATS[format]]);
    assert.deepEqual(valuesOfAll(first.contents), { [FIRST]: "1", [SECOND]: "0", "/3/0/16": "U" });
    const mark = leshan.events.mark;
    await write(leshan, 2);
    const told = await leshan.events.next(mark, "NOTIFICATION", ({ res }) => res === LIST.join(","));
    assert.equal(told.coap.contentFormat, CONTENT_FORMATS[format]);
    assert.deepEqual(newest(told), { [FIRST]: "2", [SECOND]: "0", "/3/0/16": "U" });
    const cancelled = await leshan.cancelCompositeActively(LIST);
    assert.deepEqual(valuesOfAll(cancelled.contents), { [FIRST]: "2", [SECOND]: "0", "/3/0/16": "U" });
    await isOver(session);
  });
}

test("a composite observation that Leshan forgets is over when it resets the next notification", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  await leshan.observeComposite(LIST, "SENML_CBOR");
  assert.equal(await leshan.cancelCompositePassively(LIST), 1);
  const sent = notifications(session);
  await write(leshan, 30);
  // The answer to a request that came later has passed the notification before it.
  while (notifications(session) === sent) await leshan.values(FIRST, "TLV");
  await isOver(session);
});

test("tshark finds nothing malformed in the whole session", async (t) => {
  const session = await aSession(t);
  if (session !== undefined) await checkWellFormed(t, session.wire);
});

function number(id: number, value: number): LeshanNode {
  return { kind: "singleResource", id, type: "INTEGER", value: String(value) };
}

function storing(value: boolean): LeshanNode {
  return { kind: "singleResource", id: 6, type: "BOOLEAN", value };
}

async function write(leshan: LeshanServer, value: number): Promise<void> {
  await ok(leshan.writeComposite({ [FIRST]: number(5, value) }, "SENML_CBOR"));
}

async function ok(answer: ReturnType<LeshanServer["writeComposite"]>): Promise<void> {
  const { status, errormessage } = await answer;
  assert.equal(status, "CHANGED(204)", errormessage);
}

/** Each record has the time of its own measurement: of each path the newest counts. */
function newest({ vals, timestampedVals = [] }: Notification): Readonly<Record<string, LeshanValue>> {
  return timestampedVals.length === 0
    ? valuesOfAll(vals)
    : Object.assign({}, ...timestampedVals.map((one) => valuesOfAll(one.vals)));
}

async function isOver(session: Session): Promise<void> {
  const sent = notifications(session);
  await write(session.leshan, 99);
  await session.leshan.values(FIRST, "TLV");
  assert.equal(notifications(session), sent);
}

/** Responses with Observe that the gateway sent so far. */
function notifications({ wire }: Session): number {
  const sent = wire.datagrams.filter(({ fromGateway }) => fromGateway).map(({ bytes }) => decodeMessage(bytes));
  return sent.filter((message) => uintValue(message, OPTION.observe) !== undefined).length;
}
