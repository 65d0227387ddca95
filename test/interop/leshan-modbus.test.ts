/** Leshan reaches registers of a real Modbus slave by objects 10374 and 10375, beside the device that has them in its mapping. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LeshanNode } from "./leshan/messages.ts";
import { sharedSession } from "./leshan/session.ts";

const aSession = sharedSession("modbus", { gateway: "remote_modbus: { links: [bus], write: true }" });

const single = (id: number, type: string, value: string | boolean): LeshanNode => ({
  ...{ kind: "singleResource", id, type, value },
});

/** Registers of unit 1 behind connection 0; type 3 is a holding register, 1 a coil. */
function cluster(id: number, type: number, address: number, quantity: number): LeshanNode {
  const integers = [
    [1, type],
    [2, 1],
    [3, address],
    [4, quantity],
  ] as const;
  const resources = integers.map(([resource, value]) => single(resource, "INTEGER", String(value)));
  return { kind: "instance", id, resources: [single(0, "OBJLNK", "10374:0"), ...resources] };
}

const values = (of: Readonly<Record<string, string>>): LeshanNode => ({
  ...{ kind: "multiResource", id: 5, type: "INTEGER", values: of },
});

test("the link of the configuration is a connection, which Leshan sees and cannot change", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan, cabinet } = session;
  const connection = await leshan.values("/10374/0", "TLV");
  assert.equal(connection["/10374/0/0"], `127.0.0.1:${cabinet.port}`);
  assert.deepEqual([connection["/10374/0/1"], connection["/10374/0/2"], connection["/10374/0/8"]], ["0", true, "2"]);
  const refused = await leshan.write("/10374/0/0", single(0, "STRING", "10.0.0.1"), "TLV");
  assert.equal(refused.status, "METHOD_NOT_ALLOWED(405)", refused.errormessage);
});

test("Leshan makes a cluster of holding registers, reads them as they are now, and writes them", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan, meter } = session;
  const made = await leshan.create("/10375", cluster(0, 3, 40, 2), "TLV");
  assert.equal(made.status, "CREATED(201)", made.errormessage);
  for (const format of ["TLV", "SENML_JSON", "SENML_CBOR"] as const) {
    assert.deepEqual(await leshan.values("/10375/0/5", format), { "/10375/0/5/0": "40000", "/10375/0/5/1": "3" });
  }
  const written = await leshan.write("/10375/0/5", values({ 0: "7", 1: "8" }), "TLV");
  assert.equal(written.status, "CHANGED(204)", written.errormessage);
  assert.deepEqual([meter.get("input0"), meter.get("input3")], ["0007", "0008"]);
  const minimum = await leshan.values("/10375/0/6", "TLV");
  assert.deepEqual(minimum["/10375/0/6/1"], "3");
});

test("a register that the slave does not have is told, and a cluster can be taken away", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  assert.equal((await leshan.create("/10375", cluster(1, 3, 9000, 1), "TLV")).status, "CREATED(201)");
  const none = await leshan.read("/10375/1/5", "TLV");
  assert.equal(none.status, "INTERNAL_SERVER_ERROR(500)");
  assert.equal((await leshan.delete("/10375/1")).status, "DELETED(202)");
  assert.equal((await leshan.read("/10375/1", "TLV")).status, "NOT_FOUND(404)");
});
