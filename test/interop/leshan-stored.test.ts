/** Leshan makes, fills, observes and deletes instances of vendor objects that the gateway itself keeps. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LeshanServer } from "./leshan/leshan-server.ts";
import { type Answer, type LeshanNode, type Link, valuesOf } from "./leshan/messages.ts";
import { sharedSession } from "./leshan/session.ts";
import { checkWellFormed } from "./leshan/tshark.ts";

const aSession = sharedSession("stored", { gateway: "stored_objects: [26241, 26242]" });

const single = (id: number, type: string, value: string | boolean): LeshanNode => ({
  ...{ kind: "singleResource", id, type, value },
});
const inputs = (values: Readonly<Record<string, string>>): LeshanNode => ({
  ...{ kind: "multiResource", id: 7, type: "INTEGER", values },
});
const tags = (values: Readonly<Record<string, string>>): LeshanNode => ({
  ...{ kind: "multiResource", id: 1, type: "STRING", values },
});
const instance = (id: number, ...resources: readonly LeshanNode[]): LeshanNode => ({ kind: "instance", id, resources });

/**
 * A resource of each type, and as Leshan shows them: the last can only be read, so a Create leaves it out. Leshan
 * writes 2^64-1 into TLV as one byte, 255.
 */
const EVERY_TYPE = [
  single(0, "STRING", "pump-7"),
  single(1, "INTEGER", "-9223372036854775808"),
  single(2, "FLOAT", "-0.1"),
  single(3, "BOOLEAN", true),
  single(4, "OPAQUE", "00ff10a5"),
  single(5, "TIME", "2026-01-31T12:00:00Z"),
  single(6, "UNSIGNED_INTEGER", "9223372036854775809"),
  inputs({ 0: "40000", 3: "3" }),
  single(8, "OBJLNK", "3:0"),
];

function shown(base: string): Record<string, string | boolean> {
  return {
    [`${base}/0`]: "pump-7",
    [`${base}/1`]: "-9223372036854775808",
    [`${base}/2`]: "-0.1",
    [`${base}/3`]: true,
    [`${base}/4`]: "00ff10a5",
    [`${base}/5`]: "2026-01-31T12:00:00Z",
    [`${base}/6`]: "9223372036854775809",
    [`${base}/7/0`]: "40000",
    [`${base}/7/3`]: "3",
  };
}

const urls = (links: readonly Link[] = []): string[] => links.map(({ url }) => url);

test("Leshan sees the objects without instances", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  const { objectLinks } = await leshan.registration();
  assert.ok(urls(objectLinks).includes("/26241") && urls(objectLinks).includes("/26242"), urls(objectLinks).join());
  assert.deepEqual(urls((await leshan.discover("/26242")).objectLinks), ["/26242"]);
});

for (const [id, format] of (["TLV", "SENML_JSON", "SENML_CBOR"] as const).entries()) {
  test(`Leshan creates an instance in ${format}, and reads it at every level in every format`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan } = session;
    const mark = leshan.events.mark;
    const base = `/26241/${id}`;
    const made = await leshan.create("/26241", instance(id, ...EVERY_TYPE), format);
    assert.deepEqual([made.status, made.location], ["CREATED(201)", undefined], made.errormessage);
    const { update } = await leshan.events.next(mark, "UPDATED", ({ update }) => update.objectLinks !== undefined);
    assert.ok(urls(update.objectLinks).includes(base), urls(update.objectLinks).join());
    const links = (await leshan.discover(base)).objectLinks ?? [];
    assert.deepEqual(links.find(({ url }) => url === `${base}/7`)?.attributes, { dim: "2" });
    for (const read of ["TLV", "SENML_JSON", "SENML_CBOR"] as const) {
      const object = await leshan.values("/26241", read);
      assert.deepEqual({ ...object, ...shown(base) }, object, read);
      assert.deepEqual(await leshan.values(base, read), shown(base), read);
      assert.deepEqual(await leshan.values(`${base}/7`, read), { [`${base}/7/0`]: "40000", [`${base}/7/3`]: "3" });
      assert.deepEqual(await leshan.values(`${base}/7/3`, read), { [`${base}/7/3`]: "3" });
    }
    for (const [path, value] of Object.entries(shown(base))) {
      if (path === `${base}/4`) continue;
      assert.deepEqual(await leshan.values(path, "TEXT"), { [path]: value });
    }
  });
}

test("without an ID in the Create the gateway chooses the instance, and Leshan hears which", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  const made = await leshan.create("/26242", { kind: "instance", resources: [single(0, "STRING", "rack 7")] }, "TLV");
  assert.deepEqual([made.status, made.location], ["CREATED(201)", "26242/0"], made.errormessage);
  assert.deepEqual(await leshan.values("/26242", "SENML_JSON"), { "/26242/0/0": "rack 7" });
});

for (const format of ["TLV", "SENML_JSON", "SENML_CBOR"] as const) {
  test(`Leshan replaces, updates and extends in ${format}: what a replacement does not name is gone`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan } = session;
    await made(leshan, 10, tags({ 0: "red", 1: "green" }));
    const values = (): ReturnType<LeshanServer["values"]> => leshan.values("/26242/10", format);
    await expect(
      leshan.write("/26242/10", instance(10, tags({ 1: "yellow", 3: "blue" })), format, "update"),
      "CHANGED(204)",
    );
    const label = { "/26242/10/0": "made" };
    assert.deepEqual(await values(), {
      ...label,
      "/26242/10/1/0": "red",
      "/26242/10/1/1": "yellow",
      "/26242/10/1/3": "blue",
    });
    await expect(leshan.write("/26242/10/1", tags({ 5: "black" }), format), "CHANGED(204)");
    assert.deepEqual(await values(), { ...label, "/26242/10/1/5": "black" });
    const replacement = instance(10, single(0, "STRING", "replaced"));
    await expect(leshan.write("/26242/10", replacement, format), "CHANGED(204)");
    assert.deepEqual(await values(), { "/26242/10/0": "replaced" });
    await expect(leshan.write("/26242/10/0", single(0, "STRING", "again"), format), "CHANGED(204)");
    assert.deepEqual(await values(), { "/26242/10/0": "again" });
    await expect(leshan.delete("/26242/10"), "DELETED(202)");
  });
}

for (const format of ["TLV", "SENML_JSON", "SENML_CBOR", "TEXT"] as const) {
  test(`Leshan observes in ${format}, hears each change, and that the instance is gone`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan } = session;
    await made(leshan, 20);
    const path = format === "TEXT" ? "/26242/20/0" : "/26242/20";
    await expect(leshan.observe(path, format), "CONTENT(205)");
    const mark = leshan.events.mark;
    await expect(leshan.write("/26242/20/0", single(0, "STRING", "other"), "TEXT"), "CHANGED(204)");
    const told = await leshan.events.next(mark, "NOTIFICATION", ({ res }) => res === path);
    const node = told.timestamped?.[0]?.val ?? told.val;
    assert.deepEqual(valuesOf(node, path), { "/26242/20/0": "other" });
    const before = leshan.events.mark;
    await expect(leshan.delete("/26242/20"), "DELETED(202)");
    const { update } = await leshan.events.next(before, "UPDATED", ({ update }) => update.objectLinks !== undefined);
    assert.ok(!urls(update.objectLinks).includes("/26242/20"));
    await leshan.events.next(before, "NOTIFICATION", (told) => told.res === path && told.status === "NOT_FOUND(404)");
    assert.equal((await leshan.read(path, format)).status, "NOT_FOUND(404)");
  });
}

test("what cannot be is refused with a code that Leshan takes, and nothing is there", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  await made(leshan, 30);
  const codes = {
    "an instance that is there": (await create(leshan, 30, single(0, "STRING", "x"))).status,
    "without what must be there": (await create(leshan, 31, tags({ 0: "x" }))).status,
    "a link to nothing": (await create(leshan, 31, single(0, "STRING", "x"), single(3, "OBJLNK", "3:9"))).status,
    "a replacement without it": (await leshan.write("/26242/30", instance(30, tags({ 0: "x" })), "TLV")).status,
    "an execution": (await leshan.execute("/26242/30/2")).status,
    "a deletion of nothing": (await leshan.delete("/26242/31")).status,
    "an instance of object 1": (await leshan.delete("/1/0")).status,
  };
  assert.deepEqual(codes, {
    "an instance that is there": "BAD_REQUEST(400)",
    "without what must be there": "BAD_REQUEST(400)",
    "a link to nothing": "BAD_REQUEST(400)",
    "a replacement without it": "BAD_REQUEST(400)",
    "an execution": "METHOD_NOT_ALLOWED(405)",
    "a deletion of nothing": "NOT_FOUND(404)",
    "an instance of object 1": "METHOD_NOT_ALLOWED(405)",
  });
  await expect(leshan.write("/26242/30/3", single(3, "OBJLNK", "26242:30"), "TLV"), "CHANGED(204)");
  assert.deepEqual(await leshan.values("/26242/30", "TLV"), { "/26242/30/0": "made", "/26242/30/3": "26242:30" });
});

test("tshark finds nothing malformed in the whole session", async (t) => {
  const session = await aSession(t);
  if (session !== undefined) await checkWellFormed(t, session.wire);
});

const create = (leshan: LeshanServer, id: number, ...resources: readonly LeshanNode[]): Promise<Answer> =>
  leshan.create("/26242", instance(id, ...resources), "TLV");

async function made(leshan: LeshanServer, id: number, ...more: readonly LeshanNode[]): Promise<void> {
  await expect(create(leshan, id, single(0, "STRING", "made"), ...more), "CREATED(201)");
}

async function expect(answer: Promise<Answer>, status: string): Promise<void> {
  const { status: got, errormessage } = await answer;
  assert.equal(got, status, errormessage);
}
