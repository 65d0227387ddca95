import assert from "node:assert/strict";
import { test } from "node:test";
import type { PlacedDevice } from "../../../src/gateway/state/places.ts";
import { Variants } from "../../../src/gateway/state/variants.ts";
import { silentLogger } from "../../../src/log.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import type { Value } from "../../../src/lwm2m/sample.ts";
import type { DevicePlan } from "../../../src/mapping/plan-types.ts";
import { aPlan } from "../../support/device-plan.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const VERSION = "3/0/3";

/** A device whose plan tells in its fingerprint what is known of it. */
function aDevice(): PlacedDevice {
  const withFacts = (facts: ReadonlyMap<string, Value>): DevicePlan => ({
    ...aPlan({}, { fingerprint: [...facts].map(([point, value]) => `${point}=${typeof value} ${value}`).join() }),
    variants: { facts: [VERSION], undecided: [], withFacts },
  });
  return { plan: withFacts(new Map()), prefix: "meter-1" };
}

/** Over what a store has kept. */
function variantsOver(kept: Map<string, string>) {
  const store = {
    loadFacts: async () => [...kept].map(([device, content]) => ({ device, content })),
    saveFacts: async ({ device, content }: { readonly device: string; readonly content: string }) => {
      kept.set(device, content);
    },
  };
  const variants = new Variants({ store, clock: new FakeClock(), log: silentLogger, onChange() {} });
  const say = (value: Value): void =>
    variants.heard(aDevice(), [{ path: parsePath(`/meter-1/${VERSION}`), value, time: 0 }]);
  return { variants, say, known: () => variants.chosen()[0]?.plan.fingerprint };
}

test("what a device said of itself is known again in the next run, of every type", async () => {
  for (const value of ["2.1", 3.5, true, 2n ** 60n]) {
    const kept = new Map<string, string>();
    const before = variantsOver(kept);
    await before.variants.adopt([aDevice()]);
    before.say(value);
    const after = variantsOver(kept);
    await after.variants.adopt([aDevice()]);
    assert.equal(after.known(), `${VERSION}=${typeof value} ${value}`);
  }
});

test("what it says in this run stands over what was kept, also when the configuration is read again", async () => {
  const kept = new Map([["meter-1", `{ "${VERSION}": "1.0" }`]]);
  const { variants, say, known } = variantsOver(kept);
  await variants.adopt([aDevice()]);
  assert.equal(known(), `${VERSION}=string 1.0`);
  say("2.0");
  kept.set("meter-1", `{ "${VERSION}": "1.0" }`);
  await variants.adopt([aDevice()]);
  assert.equal(known(), `${VERSION}=string 2.0`);
});

test("what cannot be read of the store is not known", async () => {
  for (const content of ["", "null", "{", "[1]", `{ "${VERSION}": { "integer": "x" } }`, `{ "${VERSION}": null }`]) {
    const { variants, known } = variantsOver(new Map([["meter-1", content]]));
    await variants.adopt([aDevice()]);
    assert.doesNotMatch(known() ?? "", new RegExp(VERSION), content);
  }
});
