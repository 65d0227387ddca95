import assert from "node:assert/strict";
import test from "node:test";
import { AdvertisedDevice } from "../../../adapters/ble/advertised.ts";
import { bthome } from "../../../adapters/ble/decoders/bthome.ts";
import { Packet } from "../../../adapters/ble/packet.ts";
import { deviceSchema } from "../../../adapters/ble/section.ts";
import { Signal } from "../../../adapters/ble/signal.ts";
import type { Reading } from "../../../src/adapter.ts";
import { ADDRESS, heard, hex } from "../../support/advertisements.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { aContext } from "../../support/modbus-device.ts";

const KEY = "231d39c1d7cc1ab1aee224cd096db932";

/** A thermometer with a key, and what the gateway makes of its packets. */
function aThermometer() {
  const device = deviceSchema.parse({ match: { address: ADDRESS }, decode: "bthome", key: KEY });
  const points = [["3303/0/5700", { kind: "field", field: "temperature" }]] as const;
  const values: Reading["value"][] = [];
  const reasons: string[] = [];
  const context = aContext({ clock: new FakeClock() });
  const listener = {
    onReadings: (readings: readonly Reading[], refused: readonly { readonly reason: string }[] = []) => {
      values.push(...readings.map(({ value }) => value));
      reasons.push(...refused.map(({ reason }) => reason));
    },
    onReachable: () => {},
  };
  const heardDevice = new AdvertisedDevice({ device, points }, listener, new Signal(context.clock, () => {}), context);
  return {
    values,
    reasons,
    says(temperature: number, packet: number): void {
      const fields = new Map([
        ["temperature", temperature],
        ["packet_id", packet % 256],
      ]);
      heardDevice.take(new Packet(heard(bthome.encode(fields, { address: ADDRESS, packet, key: hex(KEY) }))));
    },
  };
}

test("a recording of an encrypted packet is not believed", () => {
  const thermometer = aThermometer();
  thermometer.says(20, 5000);
  thermometer.says(21, 5001);
  thermometer.says(99, 4000);
  thermometer.says(22, 5002);
  assert.deepEqual(thermometer.values, [20, 21, 22]);
  assert.deepEqual(thermometer.reasons, []);
});

test("a device that counts less for good is told of, and what to do", () => {
  const thermometer = aThermometer();
  thermometer.says(20, 5000);
  for (const packet of [4000, 4001, 4002]) thermometer.says(99, packet);
  assert.deepEqual(thermometer.values, [20]);
  assert.match(thermometer.reasons.join(), /counts less than before.*after a restart/);
});

test("a device whose battery was changed is believed", () => {
  const thermometer = aThermometer();
  thermometer.says(20, 5000);
  thermometer.says(21, 1);
  thermometer.says(22, 2);
  assert.deepEqual(thermometer.values, [20, 21, 22]);
});
