import assert from "node:assert/strict";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { modbus } from "../../adapters/modbus/index.ts";
import { cabinetOfLink } from "../../src/cli/sim-plans.ts";
import { simulateCabinet } from "../../src/cli/simulated-cabinet.ts";
import { CODE } from "../../src/coap/codes.ts";
import { Lwm2mError } from "../../src/errors.ts";
import type { DevicePlan } from "../../src/mapping/plan-types.ts";
import { aConfig, aFolder } from "../support/command.ts";
import { aContext, bytes, portOf } from "../support/modbus-device.ts";
import { aReader, readAll } from "../support/modbus-reader.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";

const HEAD = `
mapping: box
protocol: modbus
modbus: { unit_id: 1, block: { gap: 0 } }
objects:
`;

/** A slave that plays this mapping, what it logs, and its plan. */
async function played(t: TestContext, objects: string) {
  const devices = ["{ id: box-1, mapping: box, link: bus }"];
  const folder = aFolder(t, { "config.yaml": aConfig({ devices }), "mappings/box.yaml": HEAD + objects });
  const { plans, adapter } = await cabinetOfLink(join(folder, "config.yaml"), "bus");
  const lines: LogLine[] = [];
  const simulation = await simulateCabinet(plans, adapter, {}, aContext({ log: recordingLogger(lines) }));
  t.after(() => simulation.close());
  const written = () => lines.filter(({ message }) => message === "written").map(({ fields }) => fields);
  return { port: portOf(simulation), lines, written, plan: plans[0] as DevicePlan };
}

function stepsOf(plan: DevicePlan, point: string, args: ReadonlyMap<number, string> = new Map()): readonly unknown[] {
  const source = plan.resources.get(point)?.source;
  assert.equal(source?.kind, "execute");
  return source.kind === "execute" ? source.steps(args) : [];
}

test("what is written is read back, in the log as the mapping reads it", async (t) => {
  const { port, written } = await played(t, "  3306: { dimmer: { holding: 10, as: u16, scale: 0.1, write: true } }\n");
  const box = await aReader(t, port, { level: { holding: 10, length: 2, write: true } });
  await box.write("level", bytes("02 EE"));
  assert.deepEqual(await readAll(box, "level"), { level: "02ee" });
  assert.deepEqual(written(), [{ device: "box-1", point: "3306/0/5851", value: 75 }]);
});

test("bit fields of one register keep apart: a write of one changes no other, a read joins them", async (t) => {
  const { port, written } = await played(
    t,
    `  3306:
    0:
      on/off: { holding: 12, bits: 0, write: true }
      multi-state_output: { holding: 12, bits: 4..7, enum: { 0: manual, 1: auto, 2: local, 15: lost }, write: true }
    1:
      dimmer: { holding: 12, bits: 8..14, write: { mask: rmw } }
`,
  );
  const keys = { holding: 12, length: 2 };
  const box = await aReader(t, port, {
    whole: { ...keys, write: true },
    fc22: { ...keys, write: { mask: "fc22" } },
    rmw: { ...keys, write: { mask: "rmw" } },
  });
  await box.write("whole", bytes("00 00"));
  await box.write("fc22", bytes("00 F0"), bytes("00 F0"));
  assert.deepEqual(await readAll(box, "whole"), { whole: "00f0" });
  await box.write("fc22", bytes("00 01"), bytes("00 01"));
  await box.write("rmw", bytes("2A 00"), bytes("7F 00"));
  assert.deepEqual(await readAll(box, "whole"), { whole: "2af1" });
  await box.write("fc22", bytes("00 20"), bytes("00 F0"));
  await box.write("rmw", bytes("00 00"), bytes("00 01"));
  assert.deepEqual(await readAll(box, "whole"), { whole: "2a20" });
  assert.deepEqual(
    written()
      .slice(-3)
      .map(({ value }) => value),
    [false, "local", 42],
  );
});

test("a bit field that nobody writes goes on by itself beside one that is written", async (t) => {
  const { port } = await played(
    t,
    `  3306:
    0: { on/off: { holding: 3, bits: 0, write: true } }
  3342:
    0: { digital_input_state: { holding: 3, bits: 1, enum: { 1: true } } }
`,
  );
  const box = await aReader(t, port, { whole: { holding: 3, length: 2, write: true } });
  for (const [sent, back] of [
    ["0001", "0003"],
    ["0000", "0002"],
  ] as const) {
    await box.write("whole", bytes(sent));
    assert.deepEqual(await readAll(box, "whole"), { whole: back });
  }
});

test("Execute runs: each step finds its target, one that is a point of the mapping too", async (t) => {
  const { port, plan, written } = await played(
    t,
    `  3306: { dimmer: { holding: 10, as: u16, write: true }, on/off: { coil: 1, write: true } }
  3:
    reboot: { do: [ { holding: 99, as: u32, value: 0xA5A5 }, { coil: 1, value: true }, { coil: 7, value: true }, { holding: 10, as: u16, value: 40 } ] }
`,
  );
  const box = await aReader(t, port, {
    level: { holding: 10, length: 2 },
    command: { holding: 99, length: 4 },
    running: { coil: 1 },
    pulse: { coil: 7 },
  });
  await box.invoke(stepsOf(plan, "3/0/4"));
  const expected = { level: "0028", command: "00000000", running: true, pulse: false };
  assert.deepEqual(await readAll(box, "level", "command", "running", "pulse"), expected);
  assert.deepEqual(
    written().map(({ point, value }) => [point, value]),
    [
      ["3/0/4 step 1", "0000a5a5"],
      ["3/0/4 step 2", true],
      ["3306/0/5850", true],
      ["3/0/4 step 3", true],
      ["3/0/4 step 4", "0028"],
      ["3306/0/5851", 40],
    ],
  );
});

test("steps that take arguments are played too", async (t) => {
  const { port, plan, written } = await played(t, "  3: { reboot: { do: [ { holding: 50, as: u16, value: $0 } ] } }\n");
  const box = await aReader(t, port, {});
  await box.invoke(stepsOf(plan, "3/0/4", new Map([[0, "513"]])));
  assert.deepEqual(written(), [{ device: "box-1", point: "3/0/4 step 1", value: "0201" }]);
});

test("steps that cannot be played are named, and keep nothing else from it", async (t) => {
  const { plan } = await played(t, "  3: { reboot: { do: [ { holding: 50, as: u16, value: $0 } ] } }\n");
  const picky = (): never => {
    throw new Lwm2mError(CODE.badRequest, "a word that nobody guesses");
  };
  const resource = plan.resources.get("3/0/4");
  assert.ok(resource);
  const resources = new Map([["3/0/4", { ...resource, source: { kind: "execute", steps: picky } as const }]]);
  const lines: LogLine[] = [];
  const context = aContext({ log: recordingLogger(lines) });
  const simulation = await simulateCabinet([{ ...plan, resources }], modbus, {}, context);
  await simulation.close();
  assert.deepEqual(
    lines.map(({ level, fields, message }) => [level, fields, message]),
    [
      [
        "warn",
        { device: "box-1", resource: "3/0/4" },
        "its steps need arguments of their own: Execute will be refused",
      ],
    ],
  );
});

test("an adapter is told the steps of executable resources, those that take arguments with some", async (t) => {
  const devices = ["{ id: box-1, mapping: box, link: bus }"];
  const objects = `  3:
    reboot: { do: [ { holding: 30, as: u16, value: 1 }, { wait: 1s } ] }
    factory_reset: { do: [ { holding: 31, as: u16, value: $0 } ] }
`;
  const folder = aFolder(t, { "config.yaml": aConfig({ devices }), "mappings/box.yaml": HEAD + objects });
  const { plans, adapter } = await cabinetOfLink(join(folder, "config.yaml"), "bus");
  const told: unknown[] = [];
  const listening = {
    ...adapter,
    simulate: async (_: unknown, simulated: readonly { readonly steps?: readonly unknown[] }[]) => {
      told.push(...simulated.map(({ steps = [] }) => steps.length));
      return { address: {}, close: async () => {} };
    },
  };
  await simulateCabinet(plans, listening, {}, aContext({}));
  assert.deepEqual(told, [3]);
});

test("what an update asks of a device beside the image is played", async (t) => {
  const firmware = `firmware:
  via: exec
  transfer: { command: [/usr/bin/flash] }
  version: none
  enter: [ { holding: 99, as: u16, value: 0xB007 }, { wait: 1s } ]
  activate: [ { coil: 7, value: true } ]
`;
  const { port, written, plan, lines } = await played(t, `  3303: { sensor_value: { holding: 1 } }\n${firmware}`);
  const steps = [...(plan.firmware?.enter ?? []), ...(plan.firmware?.activate ?? [])];
  const box = await aReader(t, port, {});
  await box.invoke(steps.flatMap((step) => (step.type === "device" ? [modbus.step.parse(step.step)] : [])));
  assert.deepEqual(
    written().map(({ point }) => point),
    ["firmware step 1", "firmware step 2"],
  );
  assert.deepEqual(
    lines.filter(({ level }) => level === "warn"),
    [],
  );
});
