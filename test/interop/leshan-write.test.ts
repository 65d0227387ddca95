/** Leshan writes to and executes on the gateway's own Server object (1), in every format that holds what it writes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LeshanServer } from "./leshan/leshan-server.ts";
import type { LeshanNode } from "./leshan/messages.ts";
import { sharedSession } from "./leshan/session.ts";
import { checkWellFormed } from "./leshan/tshark.ts";

const aSession = sharedSession("write");

const integer = (id: number, value: number): LeshanNode => ({
  ...{ kind: "singleResource", id, type: "INTEGER", value: String(value) },
});
const storing = (value: boolean): LeshanNode => ({ kind: "singleResource", id: 6, type: "BOOLEAN", value });
const account = (...resources: readonly LeshanNode[]): LeshanNode => ({ kind: "instance", id: 0, resources });

for (const [i, format] of (["TLV", "SENML_JSON", "SENML_CBOR", "TEXT"] as const).entries()) {
  test(`Leshan writes integers and a boolean in ${format}`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan } = session;
    const written = { "/1/0/2": `${1 + i}`, "/1/0/3": `${300 + i}`, "/1/0/5": `${1_000_000 + i}` };
    for (const [path, value] of Object.entries(written)) {
      const id = Number(path.split("/")[3]);
      await expect(leshan.write(path, integer(id, Number(value)), format), "CHANGED(204)");
      assert.deepEqual(await leshan.values(path, "TEXT"), { [path]: value });
    }
    await expect(leshan.write("/1/0/6", storing(i % 2 === 1), format), "CHANGED(204)");
    assert.deepEqual(await leshan.values("/1/0/6", format), { "/1/0/6": i % 2 === 1 });
  });
}

const BINDING = { kind: "singleResource", id: 7, type: "STRING", value: "U" } as const;

for (const format of ["TLV", "SENML_JSON", "SENML_CBOR"] as const) {
  test(`Leshan replaces the instance and updates a part of it in ${format}`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan } = session;
    const values = account(integer(2, 5), integer(3, 500), integer(5, 55), storing(true));
    await expect(leshan.write("/1/0", values, format, "update"), "CHANGED(204)");
    const before = await leshan.values("/1/0", format);
    assert.deepEqual({ ...before, "/1/0/2": "5", "/1/0/3": "500", "/1/0/5": "55", "/1/0/6": true }, before);

    await expect(leshan.write("/1/0", account(integer(3, 600)), format, "update"), "CHANGED(204)");
    assert.deepEqual(await leshan.values("/1/0", format), { ...before, "/1/0/3": "600" });

    const whole = account(integer(1, 60), integer(2, 6), storing(false), BINDING);
    await expect(leshan.write("/1/0", whole, format, "replace"), "CHANGED(204)");
    assert.deepEqual(await leshan.values("/1/0", format), {
      ...{ "/1/0/0": "101", "/1/0/1": "60", "/1/0/2": "6", "/1/0/5": "86400", "/1/0/6": false },
      ...{ "/1/0/7": "U", "/1/0/23": false },
    });
    await expect(leshan.write("/1/0", account(integer(2, 7)), format, "replace"), "BAD_REQUEST(400)");
  });
}

test("a new lifetime is answered, and then told in an Update that carries nothing else", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  const mark = leshan.events.mark;
  await expect(leshan.write("/1/0/1", integer(1, 90), "TLV"), "CHANGED(204)");
  const { registration, update } = await leshan.events.next(mark, "UPDATED");
  assert.equal(registration.lifetime, 90);
  assert.equal(update.lifeTimeInSec, 90);
  assert.equal(update.objectLinks, undefined);
  assert.equal((await leshan.registration()).lifetime, 90);
  // As it was, for the other tests.
  const back = leshan.events.mark;
  await expect(leshan.write("/1/0/1", integer(1, 60), "SENML_CBOR"), "CHANGED(204)");
  await leshan.events.next(back, "UPDATED", ({ registration: { lifetime } }) => lifetime === 60);
});

test("Registration Update Trigger is answered, and an Update without anything new follows", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  const mark = leshan.events.mark;
  await expect(leshan.execute("/1/0/8"), "CHANGED(204)");
  const { update } = await leshan.events.next(mark, "UPDATED");
  assert.deepEqual({ ...update, registrationId: "" }, { registrationId: "", lifeTimeInSec: null });
});

test("Disable is answered; the gateway de-registers and is back after the time that was written", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  await expect(leshan.write("/1/0/5", integer(5, 2), "TEXT"), "CHANGED(204)");
  const mark = leshan.events.mark;
  await expect(leshan.execute("/1/0/4"), "CHANGED(204)");
  const left = await leshan.events.next(mark, "DEREGISTRATION");
  const gone = Date.now();
  assert.equal(left.expired, false);
  const back = await leshan.events.next(mark, "REGISTRATION");
  assert.notEqual(back.registrationId, left.registrationId);
  assert.ok(Date.now() - gone > 1000, "it stayed away for about 2 s");
});

test("values that cannot be are refused, and nothing is written", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  const before = await leshan.values("/1/0", "TLV");
  await expect(leshan.write("/1/0/1", integer(1, -1), "TLV"), "BAD_REQUEST(400)");
  await expect(
    leshan.write("/1/0", account(integer(2, 9), integer(3, -9)), "SENML_JSON", "update"),
    "BAD_REQUEST(400)",
  );
  await expect(leshan.write("/1/0/0", integer(0, 102), "TLV"), "METHOD_NOT_ALLOWED(405)");
  await expect(leshan.write("/1/7/1", integer(1, 60), "TLV"), "NOT_FOUND(404)");
  assert.deepEqual(await leshan.values("/1/0", "TLV"), before);
});

test("tshark finds nothing malformed in the whole session", async (t) => {
  const session = await aSession(t);
  if (session !== undefined) await checkWellFormed(t, session.wire);
});

async function expect(answer: ReturnType<LeshanServer["write"]>, status: string): Promise<void> {
  const { status: got, errormessage } = await answer;
  assert.equal(got, status, errormessage);
}
