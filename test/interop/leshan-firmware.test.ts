/** Leshan updates the firmware of devices that know nothing of LwM2M: object 5, in layouts `clients` and `gateway`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { bodyOf } from "../coap/bench.ts";
import { expect, newest } from "./leshan/expectations.ts";
import type { LeshanServer } from "./leshan/leshan-server.ts";
import { type Session, sharedSession } from "./leshan/session.ts";

/** A device that is made up, and is away for a second when it starts. */
const BOARD = `
mapping: board
protocol: simulated
firmware:
  via: simulated
  accept: { max_size: 300KB }
  expect: changed
  transfer: { version: 1.0.0, boot: 1s, speed: 500000 }
  verify: { poll: 1s, settle: 1s }
objects:
  3303: { sensor_value: { constant: 21, unit: Cel } }
`;
const DEVICES = ["{ id: board-1, mapping: board, link: trial }"];
const IMAGE = Buffer.from(bodyOf(200_000)).toString("hex");

for (const layout of ["clients", "gateway"] as const) {
  const shared = sharedSession(`firmware-${layout}`, {
    server: `lifetime: 60s, layout: ${layout}`,
    devices: DEVICES,
    files: { "mappings/board.yaml": BOARD },
  });
  const object = layout === "clients" ? "/5/0" : "/board-1/5/0";
  const boardOf = async (session: Session): Promise<LeshanServer> => {
    const { leshan, endpoint } = session;
    if (layout === "gateway") return leshan;
    await leshan.events.next(0, "REGISTRATION", (one) => one.endpoint === `${endpoint}-board-1`);
    return leshan.of(`${endpoint}-board-1`);
  };

  test(`${layout}: Leshan pushes 200,000 bytes, executes Update, and hears that the device runs it`, {
    timeout: 120_000,
  }, async (t) => {
    const session = await shared(t);
    if (session === undefined) return;
    const board = await boardOf(session);
    const read = async (id: number): Promise<unknown> =>
      (await board.values(`${object}/${id}`, "SENML_CBOR"))[`${object}/${id}`];
    const until = async (state: string): Promise<void> => {
      for (let tries = 0; tries < 200 && (await read(3)) !== state; tries++) await pause(200);
      assert.equal(await read(3), state);
    };
    assert.deepEqual([await read(3), await read(5), await read(9)], ["0", "0", "2"]);
    // Leshan cannot decode a notification of a path with a prefix.
    const observes = layout === "clients";
    if (observes) await expect(board.observe(`${object}/3`, "SENML_CBOR"), "CONTENT(205)");
    const { events } = session.leshan;
    const mark = events.mark;
    const image = { kind: "singleResource", id: 0, type: "OPAQUE", value: IMAGE } as const;
    await expect(board.write(`${object}/0`, image, "OPAQUE"), "CHANGED(204)");
    await until("2");
    if (observes) await events.next(mark, "NOTIFICATION", (one) => newest(one)[`${object}/3`] === "2");
    await expect(board.execute(`${object}/2`), "CHANGED(204)");
    await until("0");
    assert.equal(await read(5), "1");
    await expect(board.execute(`${object}/2`), "METHOD_NOT_ALLOWED(405)");
  });

  test(`${layout}: Leshan hears that an image is too large, and resets`, { timeout: 120_000 }, async (t) => {
    const session = await shared(t);
    if (session === undefined) return;
    const board = await boardOf(session);
    const large = Buffer.from(bodyOf(400_000)).toString("hex");
    const written = await board.write(
      `${object}/0`,
      { kind: "singleResource", id: 0, type: "OPAQUE", value: large },
      "OPAQUE",
    );
    assert.equal(written.status, "REQUEST_ENTITY_TOO_LARGE(413)");
    assert.equal((await board.values(`${object}/5`, "SENML_CBOR"))[`${object}/5`], "2");
    await expect(
      board.write(`${object}/0`, { kind: "singleResource", id: 0, type: "OPAQUE", value: "00" }, "OPAQUE"),
      "CHANGED(204)",
    );
    assert.equal((await board.values(`${object}/5`, "SENML_CBOR"))[`${object}/5`], "0");
  });
}
