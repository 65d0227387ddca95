/** Firmware by hand: over the admin socket to a real object 5, its images on a disk. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { askAdminSocket, sendAdminSocket } from "../../../src/admin/client.ts";
import { AdminRefusal } from "../../../src/admin/errors.ts";
import { openAdminSocket } from "../../../src/admin/socket.ts";
import { firmwareRoutes } from "../../../src/cli/routes/firmware.ts";
import { HOUR, MINUTE } from "../../../src/clock.ts";
import type { FirmwareStatus } from "../../../src/firmware/job.ts";
import { FirmwareAdmin } from "../../../src/gateway/firmware/firmware-admin.ts";
import { anUpdateObject, MOST, NOW } from "../../firmware/an-update-object.ts";
import { anImage } from "../../support/a-download.ts";
import { type LogLine, recordingLogger } from "../../support/recording-logger.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const BODY = anImage(MOST);

async function aWorld(t: TestContext) {
  const world = anUpdateObject(t);
  const status = (): readonly FirmwareStatus[] => {
    const { record: update } = world.object;
    const { state, result } = update;
    return [{ device: "pump", prefix: "meter-1", via: "smp", state, result, update, history: [] }];
  };
  const source = { status, of: (prefix: string) => (prefix === "meter-1" ? world.object : undefined) };
  const asked: string[] = [];
  const jobs = {
    stop: async (device: string) => asked.push(`stop ${device}`) > 0,
    defer: async (device: string, by: number) => asked.push(`defer ${device} ${by}`) > 0 && by < HOUR,
  };
  const firmwareAdmin = new FirmwareAdmin({ source, jobs, wall: () => NOW });
  const path = join(temporaryDirectory(t), "admin.sock");
  const lines: LogLine[] = [];
  const socket = await openAdminSocket(path, firmwareRoutes({ firmwareAdmin }), recordingLogger(lines));
  t.after(() => socket.close());
  const post = (verb: string) => askAdminSocket(path, `/v1/firmware/pump/${verb}`, { body: undefined, patience: 5000 });
  const put = (bytes: Uint8Array, device = "pump", length = bytes.length) =>
    sendAdminSocket(path, `/v1/firmware/${device}/image`, { bytes: inParts(bytes), length, patience: 5000 });
  const defer = (body: unknown) => askAdminSocket(path, "/v1/firmware/pump/defer", { body, patience: 5000 });
  return { ...world, lines, asked, defer, get: (route: string) => askAdminSocket(path, route), post, put };
}

async function* inParts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 3000) yield bytes.subarray(at, at + 3000);
}

const refused = (status: number, sentence: RegExp) => (error: unknown) =>
  error instanceof AdminRefusal && error.status === status && sentence.test(error.message);

test("what takes firmware is listed; what does not has a name that is nearly that", async (t) => {
  const world = await aWorld(t);
  const listed = await world.get("/v1/firmware");
  assert.deepEqual(listed, { now: NOW, firmware: [await world.get("/v1/firmware/pump")] });
  await assert.rejects(world.get("/v1/firmware/pmup"), refused(404, /by the name of "pmup"; did you mean "pump"\?/));
});

test("an image by PUT is on the disk, and is as one that a server sent; then Update, and Cancel", async (t) => {
  const world = await aWorld(t);
  await assert.rejects(world.post("update"), refused(409, /the state is not Downloaded/));
  await world.put(BODY);
  assert.deepEqual(readFileSync(world.arrived[0]?.file ?? ""), BODY);
  await world.object.event({ type: "downloaded", version: "2" });
  await assert.rejects(world.put(BODY), refused(409, /there is an image already/));
  await world.post("update");
  assert.equal(world.done.at(-1), "start");
  await world.post("cancel");
  assert.deepEqual([world.object.record.state, world.object.record.result], [0, 10]);
  const audit = world.lines.filter(({ message }) => message === "audit").map(({ fields }) => fields);
  assert.deepEqual(
    audit.map((fields) => [Reflect.get(fields, "request"), Reflect.get(fields, "outcome")]),
    [
      ["POST /v1/firmware/pump/update", "refused"],
      ["PUT /v1/firmware/pump/image", "done"],
      ["PUT /v1/firmware/pump/image", "refused"],
      ["POST /v1/firmware/pump/update", "done"],
      ["POST /v1/firmware/pump/cancel", "done"],
    ],
  );
});

test("a person gives up what is under way, which a server cannot, and puts off what waits", async (t) => {
  const world = await aWorld(t);
  await world.put(BODY);
  await world.object.event({ type: "downloaded", version: "2" });
  await world.defer({ for: "10m" });
  await assert.rejects(world.defer({ for: "2h" }), refused(409, /no update of "pump" waits to begin/));
  await assert.rejects(world.defer({ for: "soon" }), refused(400, /for: /));
  await world.post("update");
  await world.object.event({ type: "updating" });
  await world.post("cancel");
  assert.deepEqual(world.asked, [`defer pump ${10 * MINUTE}`, `defer pump ${2 * HOUR}`, "stop pump"]);
});

test("one that is too large, or empty, is refused; of one that breaks off nothing stays", async (t) => {
  const world = await aWorld(t);
  await assert.rejects(world.put(anImage(MOST + 1)), refused(413, /expected at most 10000 bytes/));
  assert.deepEqual([world.object.record.state, world.object.record.result], [0, 2]);
  await assert.rejects(world.put(new Uint8Array(0)), refused(400, /expected the bytes of an image/));
  await assert.rejects(world.put(BODY.subarray(0, 6000), "pump", 9000));
  await world.object.event({ type: "cancel" }).catch(() => {});
  assert.deepEqual([world.object.record.state, world.arrived.length], [0, 0]);
});
