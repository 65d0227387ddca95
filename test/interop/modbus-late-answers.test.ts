/** Answers that come after the time for them is over, from a slave that we did not write, on the machine's own clock. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { modbus } from "../../adapters/modbus/index.ts";
import {
  asciiOptionsSchema,
  type ModbusOptions,
  rtuOptionsSchema,
  rtuOverTcpOptionsSchema,
} from "../../adapters/modbus/options.ts";
import { DeviceError } from "../../src/errors.ts";
import { aContext, pointsOf } from "../support/modbus-device.ts";
import { readAll } from "../support/modbus-reader.ts";
import { aPymodbusSlave, type PymodbusKind } from "./modbus/pymodbus.ts";

/** The slave is 100 ms later with each seventh, which leaves it another 300 ms before the line is used again. */
const WAIT = { timeout: "400ms", retries: 0 };
const LATE = "0.5";

const REQUESTS = 60;
const KEYS = Object.fromEntries(Array.from({ length: REQUESTS }, (_, i) => [`input ${i}`, { input: i, length: 2 }]));

interface Counts {
  readonly right: number;
  readonly wrong: number;
  readonly none: number;
}

/** What came of sixty reads of one register each, which differ in the value only; undefined where the test is skipped. */
async function countOf(
  t: TestContext,
  kind: PymodbusKind,
  optionsAt: (port: string) => ModbusOptions,
): Promise<Counts | undefined> {
  const port = await aPymodbusSlave(t, kind, "--late", LATE);
  if (port === undefined) return undefined;
  const link = await modbus.open(optionsAt(port), aContext());
  t.after(() => link.close());
  const section = modbus.device.parse({ unit_id: 1 });
  const device = await link.attach(section, pointsOf(KEYS, section), { onReadings() {}, onReachable() {} });
  const counts = { right: 0, wrong: 0, none: 0 };
  for (let i = 0; i < REQUESTS; i++) {
    const point = `input ${i}`;
    try {
      const { [point]: value } = await readAll(device, point);
      counts[value === i.toString(16).padStart(2, "0").repeat(2) ? "right" : "wrong"]++;
    } catch (error) {
      assert.ok(error instanceof DeviceError && error.kind === "unreachable", String(error));
      counts.none++;
    }
  }
  t.diagnostic(`${kind}: ${JSON.stringify(counts)}`);
  return counts;
}

test("of sixty answers, nine too late, none is taken for another, on any line that numbers nothing", async (t) => {
  const all = await Promise.all([
    countOf(t, "rtu", (port) => rtuOptionsSchema.parse({ port, line: "9600-8N1", ...WAIT })),
    countOf(t, "ascii", (port) => asciiOptionsSchema.parse({ port, line: "9600-7E1", ...WAIT })),
    countOf(t, "rtu-over-tcp", (port) =>
      rtuOverTcpOptionsSchema.parse({ host: "127.0.0.1", port: Number(port), ...WAIT }),
    ),
  ]);
  for (const counts of all) {
    if (counts === undefined) continue;
    assert.equal(counts.wrong, 0);
    // More may come to nothing on a machine that is busy, never fewer.
    assert.ok(counts.none >= 9 && counts.right > 0, JSON.stringify(counts));
  }
});

test("without the silence after a time-out the same slave gives wrong values: the run tests something", async (t) => {
  const options = (port: string): ModbusOptions =>
    rtuOptionsSchema.parse({ port, line: "9600-8N1", ...WAIT, settle: "0s" });
  const counts = await countOf(t, "rtu", options);
  assert.ok(counts === undefined || counts.wrong > 0, JSON.stringify(counts));
});
