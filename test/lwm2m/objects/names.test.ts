import assert from "node:assert/strict";
import test from "node:test";
import { slug } from "../../../src/lwm2m/objects/slug.ts";
import { announcedVersion, compareVersions, impliedVersion } from "../../../src/lwm2m/objects/versions.ts";

test("a name is trimmed, in lower case, with underscores for spaces and all else kept", () => {
  const names: readonly (readonly [string, string])[] = [
    ["Sensor Value", "sensor_value"],
    [" On/Off ", "on/off"],
    ["3-phase Active Power", "3-phase_active_power"],
    ["Minimum Off-time", "minimum_off-time"],
    ["SMS Binding Secret Key(s)", "sms_binding_secret_key(s)"],
    ["Two  spaces", "two__spaces"],
    ["already_slug", "already_slug"],
  ];
  for (const [name, expected] of names) assert.equal(slug(name), expected);
});

test("a version is announced where the server would assume another", () => {
  assert.equal(announcedVersion("1.2", 25, "2.0"), "2.0");
  assert.equal(announcedVersion("1.2", 3, "1.2"), undefined);
  assert.equal(announcedVersion("1.1", 3, "1.2"), "1.2");
  assert.equal(announcedVersion("1.1", 1, "1.0"), "1.0");
  assert.equal(announcedVersion("1.2", 3303, "1.0"), undefined);
  assert.equal(announcedVersion("1.2", 3303, "1.1"), "1.1");
  assert.equal(announcedVersion("1.0", 3, "1.0"), undefined);
  assert.equal(announcedVersion("1.0", 3, "1.1"), "1.1");
  // Leshan reads the TLV of an object as opaque, and its text as strings, where it has no definition of the version told.
  assert.equal(announcedVersion("1.1", 1, "1.2"), undefined);
  assert.equal(announcedVersion("1.0", 1, "1.2"), undefined);
});

test("the versions that an LwM2M version implies are those of Core 1.2.2 Table E-1 and its forerunners", () => {
  const objects = [0, 1, 2, 3, 4, 5, 6, 7, 21, 23, 24, 25, 26, 3303];
  const implied = (lwm2m: "1.0" | "1.1" | "1.2") => objects.map((object) => impliedVersion(lwm2m, object));
  assert.equal(implied("1.2").join(" "), "1.2 1.2 1.1 1.2 1.3 1.1 1.0 1.0 2.0 1.0 1.0 1.0 1.0 1.0");
  assert.deepEqual(implied("1.1"), ["1.1", "1.1", "1.0", "1.1", "1.2", ...Array(9).fill("1.0")]);
  assert.deepEqual(implied("1.0"), Array(14).fill("1.0"));
});

test("versions are ordered by their numbers", () => {
  assert.deepEqual(["2.0", "1.10", "1.9", "1.0"].sort(compareVersions), ["1.0", "1.9", "1.10", "2.0"]);
  assert.equal(compareVersions("1.1", "1.1"), 0);
});
