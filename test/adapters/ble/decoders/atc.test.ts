import assert from "node:assert/strict";
import test from "node:test";
import { atc } from "../../../../adapters/ble/decoders/atc.ts";
import { ADDRESS, advertisement, fieldsOf, hex, roundTrip, service } from "../../../support/advertisements.ts";

/** github.com/pvvx/ATC_MiThermometer, python-interface/README.md and atc_mi_format_test.py: this address, and this key. */
const KEY = hex("aa".repeat(16));

test("the format of atc1441 is read", () => {
  // atc_mi_format_test.py, "atc1441".
  const decoded = atc.decode(advertisement("10161a18a4c138aabbcc00ce33430a6ec3"));
  assert.deepEqual(fieldsOf(decoded), {
    temperature: 20.6,
    humidity: 51,
    battery: 67,
    battery_voltage: 2.67,
    counter: 195,
  });
  assert.equal(decoded?.packet, "195");
});

test("the custom format of pvvx is read", () => {
  // python-interface/README.md, "Parsing a custom frame".
  assert.deepEqual(fieldsOf(atc.decode(advertisement("12161a185cc8ee38c1a4b008c314ca0a501405"))), {
    temperature: 22.24,
    humidity: 53.15,
    battery_voltage: 2.762,
    battery: 80,
    counter: 20,
    input: true,
    output: false,
    temperature_trigger: false,
    humidity_trigger: false,
  });
});

test("temperatures below zero have a sign", () => {
  assert.equal(atc.decode(service("181a", "a4c138aabbccff9c334b0a6ec3"))?.fields.get("temperature"), -10);
  assert.equal(atc.decode(service("181a", "ccbbaa38c1a418fc8813d60a520900"))?.fields.get("temperature"), -10);
});

test("both are opened where they are encrypted", () => {
  // python-interface/README.md, "Encrypting and decrypting".
  assert.deepEqual(fieldsOf(atc.decode(advertisement("0e161a18bd9dc54efab5000e8bb807"), KEY)), {
    temperature: 19.11,
    humidity: 50,
    battery: 93,
    input: true,
    output: true,
    temperature_trigger: true,
    humidity_trigger: false,
    counter: 0xbd,
  });
  // atc_mi_format_test.py, "atc1441_enc": half degrees and half per cents of about what "custom_enc" of the same list says.
  const sealed = fieldsOf(atc.decode(advertisement("0b161a18bde9b75db856f303"), KEY));
  assert.deepEqual(sealed, { temperature: 19, humidity: 25, battery: 86, output: true, counter: 0xbd });
});

test("with a wrong key, none, or where it should be encrypted and is not, nothing is believed", () => {
  const sealed = advertisement("0e161a18bd9dc54efab5000e8bb807");
  assert.throws(() => atc.decode(sealed), { kind: "malformed", message: /has no key/ });
  assert.throws(
    () =>
      atc.decode(
        sealed,
        KEY.map((byte) => byte + 1),
      ),
    { message: /cannot be decrypted/ },
  );
  assert.throws(() => atc.decode({ ...sealed, address: "unknown" }, KEY), { message: /"unknown" is no address/ });
  assert.throws(() => atc.decode(advertisement("10161a18a4c138aabbcc00ce33430a6ec3"), KEY), {
    message: /is not encrypted, though/,
  });
});

test("another length is something else of Environmental Sensing", () => {
  assert.equal(atc.decode(service("181a", "0102")), undefined);
  assert.equal(atc.decode(service("fcd2", "a4c138aabbcc00ce33430a6ec3")), undefined);
});

test("it is played, encrypted and not", () => {
  const fields = { temperature: -7.25, humidity: 43.21, battery: 99, input: true, output: false };
  const plain = roundTrip(atc, { ...fields, battery_voltage: 2.95 });
  const sealed = roundTrip(atc, fields, { key: KEY, address: ADDRESS });
  for (const [name, value] of Object.entries(fields))
    assert.deepEqual([plain?.fields.get(name), sealed?.fields.get(name)], [value, value], name);
  assert.deepEqual([plain?.packet, sealed?.packet], ["7", "7"]);
});
