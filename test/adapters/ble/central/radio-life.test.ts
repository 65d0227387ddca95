import assert from "node:assert/strict";
import { test } from "node:test";
import { type LifeEvent, RadioLife } from "../../../../adapters/ble/central/radio-life.ts";

const READY: LifeEvent = { type: "state", state: { state: "ready" } };
const OPENED: LifeEvent = { type: "opened" };

for (const [about, events] of [
  ["before it is open", [READY, OPENED]],
  ["once it is open", [OPENED, READY]],
] as const) {
  test(`an adapter that says ${about} that it is ready can be used from then on`, () => {
    const life = new RadioLife();
    assert.deepEqual(life.handle({ type: "start" }, 0), [{ type: "open" }]);
    const effects = events.flatMap((event, i) => life.handle(event, i + 1));
    assert.deepEqual(effects[0], { type: "up" });
    assert.equal(life.state?.state, "ready");
  });
}
