/** Each event in each state of object 5. The table is that of Core 1.2, object Firmware Update 1.2; codes as Anjay and Leshan have them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CODE } from "../../../src/coap/codes.ts";
import type { UpdateEffect, UpdateEvent, UpdateRecord } from "../../../src/lwm2m/firmware/firmware-update.ts";
import { initialUpdate, UpdateMachine } from "../../../src/lwm2m/firmware/update-machine.ts";

const NOW = 1_700_000_000_000;
const BEFORE = NOW - 1000;

const IDLE: UpdateRecord = initialUpdate(BEFORE);
const STATES: Readonly<Record<"idle" | "downloading" | "downloaded" | "updating", UpdateRecord>> = {
  idle: { ...IDLE, result: 8, uri: "http://a/b", name: "old" },
  downloading: { ...IDLE, state: 1, uri: "http://a/b" },
  downloaded: { ...IDLE, state: 2, uri: "http://a/b", name: "fw", version: "2" },
  updating: { ...IDLE, state: 3, uri: "http://a/b", name: "fw", version: "2" },
};
type State = keyof typeof STATES;

/** "1/0 download", "4.05": state and result afterwards where they are others, what is to be done, and the refusal. */
function told(effects: readonly UpdateEffect[]): string {
  return effects
    .map((effect) => {
      switch (effect.type) {
        case "changed":
          return `${effect.record.state}/${effect.record.result}`;
        case "refused":
          return effect.error.code === CODE.methodNotAllowed
            ? "4.05"
            : effect.error.code === CODE.badRequest
              ? "4.00"
              : "?";
        default:
          return effect.type;
      }
    })
    .join(" ");
}

const EVENTS: Readonly<Record<string, UpdateEvent>> = {
  "the first block of a Package": { type: "pushBegins" },
  "a Package URI": { type: "pull", uri: "http://x/y", supported: true },
  "a Package URI of another scheme": { type: "pull", uri: "ftp://x/y", supported: false },
  "a reset": { type: "reset" },
  "the image is here": { type: "downloaded", version: "3" },
  "the image did not come": { type: "downloadFailed", result: 4 },
  Update: { type: "update" },
  "the job begins": { type: "updating" },
  "the job is deferred": { type: "deferred" },
  "the job is done": { type: "updated" },
  "the job failed, the image is kept": { type: "updateFailed", result: 8, kept: true },
  "the job failed, the image is gone": { type: "updateFailed", result: 6, kept: false },
  Cancel: { type: "cancel" },
};

const TABLE: Readonly<Record<keyof typeof EVENTS, Readonly<Record<State, string>>>> = {
  "the first block of a Package": { idle: "1/0", downloading: "4.00", downloaded: "4.00", updating: "4.05" },
  "a Package URI": { idle: "1/0 download", downloading: "4.00", downloaded: "4.00", updating: "4.05" },
  "a Package URI of another scheme": { idle: "0/9 4.00", downloading: "4.00", downloaded: "4.00", updating: "4.05" },
  "a reset": { idle: "0/0", downloading: "0/0 discard", downloaded: "0/0 discard", updating: "4.05" },
  "the image is here": { idle: "", downloading: "2/0", downloaded: "", updating: "" },
  "the image did not come": { idle: "", downloading: "0/4 discard", downloaded: "", updating: "" },
  Update: { idle: "4.05", downloading: "4.05", downloaded: "start", updating: "4.05" },
  "the job begins": { idle: "", downloading: "", downloaded: "3/0", updating: "" },
  "the job is deferred": { idle: "", downloading: "", downloaded: "2/11", updating: "2/11" },
  "the job is done": { idle: "", downloading: "", downloaded: "", updating: "0/1 discard" },
  "the job failed, the image is kept": { idle: "", downloading: "", downloaded: "2/8", updating: "2/8" },
  "the job failed, the image is gone": {
    idle: "",
    downloading: "",
    downloaded: "0/6 discard",
    updating: "0/6 discard",
  },
  Cancel: { idle: "4.05", downloading: "0/10 discard", downloaded: "0/10 discard", updating: "4.05" },
};

for (const [name, states] of Object.entries(TABLE)) {
  for (const [state, expected] of Object.entries(states)) {
    test(`${state}: ${name}: ${expected === "" ? "nothing" : expected}`, () => {
      const record = Object.entries(STATES).find(([key]) => key === state)?.[1] ?? IDLE;
      const machine = new UpdateMachine(record, () => NOW);
      const effects = machine.handle(EVENTS[name] ?? assert.fail(name));
      assert.equal(told(effects), expected);
      const changed = effects.find((effect) => effect.type === "changed");
      assert.equal(machine.record, changed?.record ?? record);
      // Resource 12: told with the state that it belongs to, in one record.
      const other = machine.record.state !== record.state;
      assert.equal(machine.record.changed, other ? NOW : BEFORE);
    });
  }
}

test("a reset forgets URI, name and version; what servers have set stays", () => {
  const machine = new UpdateMachine(
    { ...STATES.downloaded, severity: 0, deferPeriod: 60, automatic: false },
    () => NOW,
  );
  machine.handle({ type: "reset" });
  assert.deepEqual(machine.record, { ...IDLE, changed: NOW, severity: 0, deferPeriod: 60 });
});

test("a push has no URI; name and version are those of the new image", () => {
  const machine = new UpdateMachine(STATES.idle, () => NOW);
  machine.handle({ type: "pushBegins" });
  assert.deepEqual(machine.record, { ...IDLE, state: 1, changed: NOW });
  machine.handle({ type: "downloaded", name: "new", version: "3" });
  assert.deepEqual(machine.record, { ...IDLE, state: 2, changed: NOW, name: "new", version: "3" });
});

test("with resource 14 the update follows the download by itself", () => {
  const machine = new UpdateMachine(STATES.downloading, () => NOW);
  assert.equal(told(machine.handle({ type: "set", automatic: true })), "1/0");
  assert.equal(told(machine.handle({ type: "downloaded" })), "2/0 start");
});

test("resources 11, 13 and 14 can be written in each state, and change nothing else", () => {
  for (const record of Object.values(STATES)) {
    const machine = new UpdateMachine(record, () => NOW);
    machine.handle({ type: "set", severity: 2, deferPeriod: 3600, automatic: true });
    assert.deepEqual(machine.record, { ...record, severity: 2, deferPeriod: 3600, automatic: true });
    assert.deepEqual(machine.handle({ type: "set", severity: 2 }), [], "the same again is nothing");
  }
});

test("whatever happens: a result other than 0 and 11 leaves Downloading and Updating, and an update has an image", () => {
  const events = fc.array(fc.constantFrom(...Object.values(EVENTS), { type: "set", automatic: true } as const));
  fc.assert(
    fc.property(events, (all) => {
      const machine = new UpdateMachine(IDLE, () => NOW);
      let here = false;
      for (const event of all) {
        if (event.type === "downloaded" && machine.record.state === 1) here = true;
        for (const effect of machine.handle(event)) {
          if (effect.type === "start") assert.ok(here);
          if (effect.type === "discard") here = false;
        }
        const { state, result } = machine.record;
        if (state === 1 || state === 3) assert.equal(result, 0);
        if (state === 2) assert.ok(here && [0, 8, 6, 11].includes(result));
      }
    }),
  );
});
