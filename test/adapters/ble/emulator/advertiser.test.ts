import assert from "node:assert/strict";
import test from "node:test";
import { Advertiser } from "../../../../adapters/ble/emulator/advertiser.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

test("a timer that rings a little early makes no second advertisement", () => {
  const clock = new FakeClock();
  const early = {
    monotonic: () => clock.monotonic(),
    wall: () => clock.wall(),
    at: (time: number, task: () => void) => clock.at(time - 0.5, task),
  };
  let count = 0;
  const advertiser = new Advertiser(early, () => count++);
  advertiser.schedule(100, 100);
  advertiser.start();
  clock.advanceSync(1000);
  assert.equal(count, 10);
  advertiser.stop();
  assert.equal(clock.next, undefined);
});
