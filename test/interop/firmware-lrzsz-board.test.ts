/** A server updates a board whose bootloader is `rb` or `rx` of lrzsz through the whole gateway; its version says whether it was a success. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { anImage } from "../support/an-image.ts";
import { IDLE, RESULT } from "./device-firmware.ts";
import { LrzszBoard, MAGIC, WAYS } from "./lrzsz-board.ts";

const LIMIT = { timeout: 120_000 };

/** As the mapping wants it: magic, version, and whatever. */
function anImageOf(version: string, size = 100_000): Buffer {
  const { bytes } = anImage(size);
  bytes.write(MAGIC, 0, "hex");
  bytes.fill(0, 4, 12).write(version, 4);
  return bytes;
}

const WRONG = {
  "one that is too long": { image: anImageOf("2.0.0", 300 * 1024 + 1), result: RESULT.noRoom },
  "one with another magic": { image: anImageOf("2.0.0").fill(0x55, 0, 4), result: RESULT.notForIt },
  "one whose header says no version": { image: anImageOf(""), result: RESULT.notForIt },
};

for (const via of WAYS) {
  test(`${via}: the board runs the new version, and says so`, LIMIT, async (t) => {
    const board = await LrzszBoard.open(t, via);
    if (board === undefined) return;
    const image = anImageOf("2.0.0");
    await board.firmware.fetched(t, image);
    await board.firmware.update();
    assert.deepEqual(await board.firmware.ended(), { state: IDLE, result: RESULT.success });
    await board.world.reads("/board-1/3/0/3", "2.0.0");
    assert.ok(board.flash(image.length).equals(image));
    assert.deepEqual(board.heard, ["BOOT"]);
  });

  test(
    `${via}: what is no image for the board is refused with its result, and the board hears nothing of it`,
    LIMIT,
    async (t) => {
      const board = await LrzszBoard.open(t, via);
      if (board === undefined) return;
      for (const [what, { image, result }] of Object.entries(WRONG)) {
        await board.firmware.fetch(t, image);
        assert.deepEqual(await board.firmware.ended(), { state: IDLE, result }, what);
      }
      await board.firmware.fetched(t, anImageOf("2.0.0"));
      damage(join(board.world.state, "firmware", "board-1.image"));
      await board.firmware.update();
      assert.deepEqual(await board.firmware.ended(), { state: IDLE, result: RESULT.damaged });
      assert.deepEqual(board.heard, []);
      assert.equal(board.came, 0);
    },
  );

  test(`${via}: a board without room cancels in the middle, twice at the same place: result 2`, LIMIT, async (t) => {
    const board = await LrzszBoard.open(t, via, { room: 64 * 1024 });
    if (board === undefined) return;
    await board.firmware.fetched(t, anImageOf("2.0.0", 200_000));
    await board.firmware.update();
    assert.deepEqual(await board.firmware.ended(), { state: IDLE, result: RESULT.noRoom });
    assert.deepEqual(board.heard, ["BOOT", "gave up", "BOOT", "gave up"]);
    assert.equal(await board.world.read("/board-1/3/0/3"), "1.0.0");
  });

  test(`${via}: a board that is back with its old version was not updated: result 8`, LIMIT, async (t) => {
    const board = await LrzszBoard.open(t, via, { stubborn: true });
    if (board === undefined) return;
    const image = anImageOf("2.0.0");
    await board.firmware.fetched(t, image);
    await board.firmware.update();
    assert.deepEqual(await board.firmware.ended(), { state: IDLE, result: RESULT.failed });
    assert.ok(board.flash(image.length).equals(image), "it had the image");
    assert.equal(await board.world.read("/board-1/3/0/3"), "1.0.0");
  });
}

/** One bit of it. */
function damage(file: string): void {
  const bytes = readFileSync(file);
  bytes[5000] = (bytes[5000] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}
