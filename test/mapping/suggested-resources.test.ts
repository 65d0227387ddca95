import assert from "node:assert/strict";
import { test } from "node:test";
import type { Quantity } from "../../src/adapter.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { suggestedResource } from "../../src/mapping/suggested-resources.ts";

const measured = (what?: string, isNumber = true): Quantity => ({
  kind: "measured",
  ...(what === undefined ? {} : { what }),
  isNumber,
});

test("a quantity has the object that the registry has for it", () => {
  const cases: readonly (readonly [Quantity, number, string])[] = [
    [measured("temperature"), 3303, "sensor_value"],
    [measured("humidity", false), 3304, "sensor_value"],
    [measured("battery"), 3, "battery_level"],
    [measured("water"), 3424, "cumulated_water_volume"],
    [measured("something_new"), 3300, "sensor_value"],
    [measured(), 3300, "sensor_value"],
    [{ kind: "detected", what: "presence" }, 3302, "digital_input_state"],
    [{ kind: "detected" }, 3200, "digital_input_state"],
    [{ kind: "switched" }, 3306, "on/off"],
    [{ kind: "switched", what: "light" }, 3311, "on/off"],
    [{ kind: "set" }, 3308, "set_point_value"],
  ];
  for (const [quantity, object, resource] of cases) {
    const found = suggestedResource(quantity);
    assert.deepEqual([found?.object, found?.resource], [object, resource]);
    const definition = catalogue.find(object) ?? assert.fail(`there is no object ${object}`);
    assert.equal(catalogue.resourceByName(definition, resource).length, 1, `${object}/${resource}`);
  }
});

test("what is no number, and has no word that is known, is left to somebody who knows the device", () => {
  assert.equal(suggestedResource(measured("something_new", false)), undefined);
  assert.equal(suggestedResource(measured(undefined, false)), undefined);
  assert.equal(suggestedResource(measured("constructor", false)), undefined);
});
