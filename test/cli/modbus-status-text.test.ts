import assert from "node:assert/strict";
import { test } from "node:test";
import { modbusLines } from "../../src/cli/modbus-status-text.ts";

test("a row for each connection and each cluster, with what keeps it from working", () => {
  assert.deepEqual(modbusLines(undefined), []);
  const lines = modbusLines({
    connections: [
      { instance: 0, address: "/dev/ttyS1", link: "bus1", state: "connected" },
      { instance: 1, address: "plc", state: "invalid", reason: "remote_modbus of the gateway allows no plc:502" },
    ],
    clusters: [
      { instance: 0, connection: 0, registers: "unit 5, holding 100..109", every: 10_000 },
      { instance: 3, connection: 1, registers: "unit 1, coil 7", trouble: "/10374/1 leads nowhere" },
    ],
  });
  assert.deepEqual(lines, [
    "MODBUS FOR SERVERS  WHAT                                STATE",
    "/10374/0            /dev/ttyS1 (link bus1)              connected",
    "/10374/1            plc                                 invalid: remote_modbus of the gateway allows no plc:502",
    "/10375/0            /10374/0, unit 5, holding 100..109  every 10s",
    "/10375/3            /10374/1, unit 1, coil 7            not observed: /10374/1 leads nowhere",
  ]);
});
