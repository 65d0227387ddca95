import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../../src/clock.ts";
import { aFarLine, answering, LINE_KINDS } from "../../support/far-line.ts";
import { bytes } from "../../support/modbus-device.ts";
import { aPtyPair } from "../../support/pty-pair.ts";
import { ScriptedLine } from "../../support/scripted-line.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const GOOD = "04 04 43 66 80 00";

for (const kind of LINE_KINDS) {
  test(`${kind}: a read is answered, in one piece or byte by byte`, async (t) => {
    const line = await aFarLine(t, kind);
    if (line === undefined) return;
    const whole = line.frame(GOOD);
    line.far.next(answering(whole), answering(...Array.from(whole, (byte) => Uint8Array.of(byte))));
    assert.equal(await line.level(), "43668000");
    assert.equal(await line.level(), "43668000");
    assert.deepEqual(line.far.requests[0], Buffer.from(line.frame("04 00 10 00 02")));
  });

  test(`${kind}: a wrong answer is dropped, and the right one behind it is taken`, async (t) => {
    const line = await aFarLine(t, kind);
    if (line === undefined) return;
    const { far, frame } = line;
    const good = frame(GOOD);
    const wrong = {
      "another unit": frame("04 04 11 11 11 11", 2),
      "another function": frame("03 04 11 11 11 11"),
      "too short": frame("04 02 11 11"),
      "too long": frame("04 06 11 11 11 11 11 11"),
      "a wrong checksum": good.map((byte, i) => (i === good.length - 3 ? byte ^ 1 : byte)),
      "half an answer": good.subarray(0, 4),
      noise: bytes("00 ff 00 3a 01 04"),
    };
    for (const [name, bad] of Object.entries(wrong)) {
      far.next(answering(bad, good));
      assert.equal(await line.level(), "43668000", name);
    }
    far.next(answering(good));
    assert.equal(await line.level(), "43668000");
  });

  test(`${kind}: an endless answer ends with the timeout, and the next request works`, async (t) => {
    const line = await aFarLine(t, kind);
    if (line === undefined) return;
    line.far.next((_request, send) => {
      for (let i = 0; i < 40; i++) send(new Uint8Array(100).fill(0x41));
    });
    assert.match(await line.failure("unreachable"), /no answer within 1s/);
    line.far.next(answering(line.frame(GOOD)));
    assert.equal(await line.level(), "43668000");
  });

  test(`${kind}: an exception is named, and a write is confirmed by the device, not by an echo`, async (t) => {
    const line = await aFarLine(t, kind);
    if (line === undefined) return;
    const { far, frame, device, clock } = line;
    const write = frame("06 00 01 00 07");
    far.next((request, send) => [request, frame("84 02")].forEach(send));
    assert.match(await line.level(), /exception 2 \(illegal data address\)/);
    // Only the echo of the write: nobody has confirmed it.
    far.next((request, send) => send(request));
    await clock.advance(5 * SECOND);
    const writing = assert.rejects(device.write("valve", bytes("00 07")), { kind: "unreachable" });
    await far.received(2);
    await clock.advance(SECOND);
    await writing;
    far.next((request, send) => [request, write].forEach(send));
    await clock.advance(5 * SECOND);
    await device.write("valve", bytes("00 07"));
  });
}

test("a port that vanishes is opened again when it is back, under the same name", async (t) => {
  const folder = temporaryDirectory(t);
  const line = await aFarLine(t, "RTU", { folder });
  if (line === undefined || line.pty === undefined) return;
  line.far.next(answering(line.frame(GOOD)));
  assert.equal(await line.level(), "43668000");
  line.pty.socat.child.kill();
  await line.pty.socat.outcome;
  // It is noticed at once, or with the next write.
  await assert.rejects(line.level(), { kind: "unreachable" });
  const again = await aPtyPair(t, folder);
  assert.ok(again);
  const far = await new ScriptedLine().onPort(t, again.theirs);
  far.next(answering(line.frame(GOOD)));
  await line.opened();
  assert.equal(await line.level(), "43668000");
  const told = line.logged();
  assert.equal(told[1], "the Modbus line is down; trying again until it is back");
  assert.deepEqual([told[0], told.at(-1)], ["the Modbus line answers", "the Modbus line answers"]);
});
