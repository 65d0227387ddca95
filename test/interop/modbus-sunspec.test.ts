/** SunSpec models on a slave that we did not write: pymodbus over TCP. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { modbus } from "../../adapters/modbus/index.ts";
import { tcpOptionsSchema } from "../../adapters/modbus/options.ts";
import { aContext, pointsOf } from "../support/modbus-device.ts";
import { chainOf, common, foreign, inverter } from "../support/sunspec-device.ts";
import { aPymodbusSlave } from "./modbus/pymodbus.ts";

const KEYS = {
  maker: { sunspec: { model: 1, point: "Mn" } },
  power: { sunspec: { model: "inverter", point: "W" } },
  meter: { sunspec: { model: "meter", point: "W" } },
};

for (const base of [0, 40_000, 50_000]) {
  test(`a slave of pymodbus with a chain of models at ${base}`, async (t) => {
    const words = chainOf([common("Acme"), foreign(120, 26), inverter(103, { 14: 1234, 15: 0xffff })]);
    const port = await aPymodbusSlave(t, "tcp", "--holding", [base, ...words].join(","));
    if (port === undefined) return;
    const link = await modbus.open(tcpOptionsSchema.parse({ host: "127.0.0.1", port: Number(port) }), aContext());
    t.after(() => link.close());
    const section = modbus.device.parse({ unit_id: 1 });
    const device = await link.attach(section, pointsOf(KEYS, section), { onReadings() {}, onReachable() {} });
    const { readings, refused } = await device.read(Object.keys(KEYS));
    assert.deepEqual(
      readings.map(({ point, value }) => [point, value]),
      [
        ["maker", "Acme"],
        ["power", 123.4],
      ],
    );
    assert.match(refused[0]?.reason ?? "", /none of the SunSpec models 201.*it has 1, 120, 103/);
  });
}
