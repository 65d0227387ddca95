import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import type { FirmwareWay } from "../../src/adapter.ts";
import { MINUTE, SECOND } from "../../src/clock.ts";
import type { FirmwarePlan } from "../../src/mapping/firmware-plan.ts";
import { firmwareText } from "../../src/mapping/firmware-text.ts";
import { modbus, resolved } from "./mapping-text.ts";

/** A way into a slot beside the version that runs, which the protocol tells, and one that overwrites it. */
const WAYS: Readonly<Record<string, FirmwareWay>> = {
  slots: {
    transfer: z.strictObject({ slot: z.int().min(0).max(3).default(1), name: z.string().optional() }),
    actions: { key: "slot", words: ["test", "reset", "confirm"] },
    defaults: { activate: ["test", "reset"], confirm: ["confirm"] },
    staged: true,
    tellsVersion: true,
    header: "mcuboot",
  },
  blocks: {
    transfer: z.strictObject({ base: z.int(), size: z.int().min(1).max(123).default(100) }),
    needsLine: true,
    fault: (_options, device) =>
      (device as { unit_id?: number }).unit_id === 0
        ? "nobody answers at the address of all: give it its own"
        : undefined,
  },
};

const VERSION =
  "  3: { firmware_version: { holding: 9, as: string, length: 4, poll: connect }, 'error_code[0]': { holding: 20 } }";
const PARAMETERS =
  "params: { unit_id: { type: int, default: 1 }, size: { type: string, default: 480KB }, low: { type: int, default: 3 } }\n";

function outcome(firmware: string, { objects = VERSION, above = "", parameters = "{}" } = {}) {
  return resolved(modbus(objects, `${above}firmware: ${firmware}\n`), parameters, WAYS);
}

function problems(firmware: string, objects?: string): readonly string[] {
  return outcome(firmware, objects === undefined ? {} : { objects }).problems.filter(
    (line) => !line.includes("warning"),
  );
}

function planned(firmware: string, surroundings?: Parameters<typeof outcome>[1]): FirmwarePlan {
  const { plan, problems } = outcome(firmware, surroundings);
  return plan?.firmware ?? assert.fail(problems.join("\n"));
}

test("what a section does not say is what is usual for its way", () => {
  const slots = planned("{ via: slots }");
  assert.deepEqual(slots, {
    ...{ via: "slots", transfer: { slot: 1 }, stage: "on-update", version: { kind: "transfer" }, expect: "image" },
    accept: { maxSize: 2 ** 20, header: "mcuboot" },
    enter: [],
    activate: [
      { type: "transfer", word: "test" },
      { type: "transfer", word: "reset" },
    ],
    confirm: [{ type: "transfer", word: "confirm" }],
    abort: [],
    verify: { within: 3 * MINUTE, poll: 5 * SECOND, settle: 10 * SECOND },
    ...{ retries: 3, lock: "device", results: new Map() },
  });
  const blocks = planned("{ via: blocks, transfer: { base: 100 } }");
  assert.deepEqual(
    [blocks.version, blocks.expect, blocks.lock, blocks.unheard],
    [{ kind: "point", point: "3/0/3" }, "changed", "line", true],
  );
  assert.equal(planned("{ via: blocks, transfer: { base: 100 }, begin: when-heard }").unheard, undefined);
  assert.equal(planned("{ via: slots, begin: at-once }").unheard, true);
  assert.equal(firmwareText(slots), "by slots, on-update, version from slots, up to 1 MB");
  assert.equal(firmwareText(blocks), "by blocks, on-update, version from /3/0/3, up to 1 MB, the link for itself");
});

test("every key is taken, parameters filled in", () => {
  const plan = planned(
    `
  via: slots
  stage: before-update
  accept: { max_size: $size, magic: { offset: 4, hex: 3db8f396 }, header: { offset: 16, length: 8 } }
  version: firmware_version
  expect: changed
  enter: [ { holding: 99, value: 0xA5A5 }, { wait: 1.5s }, { slot: reset } ]
  transfer: { slot: 2, name: "unit $unit_id" }
  activate: []
  confirm: [ { coil: 3, value: true } ]
  abort: [ { slot: reset } ]
  verify: { within: 10m, poll: 20s, settle: 0, healthy: "{error_code[0]} < $low" }
  retries: 0
  lock: line
  results: { crc: 8, flash-full: 2 }`,
    { above: PARAMETERS },
  );
  assert.deepEqual(plan.accept, {
    maxSize: 480 * 1024,
    magic: { offset: 4, bytes: Uint8Array.of(0x3d, 0xb8, 0xf3, 0x96) },
    header: { offset: 16, length: 8 },
  });
  assert.deepEqual(
    [plan.stage, plan.version, plan.expect],
    ["before-update", { kind: "point", point: "3/0/3" }, "changed"],
  );
  assert.deepEqual(plan.enter.slice(1), [
    { type: "wait", time: 1500 },
    { type: "transfer", word: "reset" },
  ]);
  const [first] = plan.enter;
  assert.ok(first?.type === "device" && JSON.stringify(first.step).includes("99"));
  assert.deepEqual(plan.transfer, { slot: 2, name: "unit 1" });
  assert.deepEqual([plan.activate, plan.confirm.length, plan.abort.length], [[], 1, 1]);
  const { healthy, ...times } = plan.verify;
  assert.deepEqual(times, { within: 10 * MINUTE, poll: 20 * SECOND, settle: 0 });
  assert.deepEqual(healthy?.points, ["3/0/11/0"]);
  assert.equal(healthy?.holds(new Map([["3/0/11/0", 2]])), true);
  assert.equal(healthy?.holds(new Map([["3/0/11/0", 3]])), false);
  assert.equal(healthy?.holds(new Map()), false, "what is not known is not well");
  assert.deepEqual(
    [plan.retries, plan.lock, plan.results],
    [
      0,
      "line",
      new Map([
        ["flash-full", 2],
        ["crc", 8],
      ]),
    ],
  );
});

test("an image without the header that is usual for its way is taken where the section says so", () => {
  const plan = planned("{ via: slots, accept: { header: none } }");
  assert.deepEqual([plan.accept, plan.expect], [{ maxSize: 2 ** 20 }, "changed"]);
});

test("sizes are bytes or have a unit, and steps may stand in block style", () => {
  assert.equal(planned("{ via: slots, accept: { max_size: 491520 } }").accept.maxSize, 491520);
  const { activate } = planned("\n  via: slots\n  activate:\n    - slot: test\n    - wait: 1s");
  assert.deepEqual(
    activate.map(({ type }) => type),
    ["transfer", "wait"],
  );
});

test("the version stands where the section says, with or without a slash, by name or by its IDs", () => {
  const objects = `${VERSION}\n  3341: { text: { holding: 60, as: string, length: 8 } }\n  3303: { sensor_value: { input: 1 } }`;
  for (const [text, point] of [
    ["3/0/3", "3/0/3"],
    ["/3341/0/5527", "3341/0/5527"],
    ["text", "3341/0/5527"],
    ["sensor_value", "3303/0/5700"],
  ])
    assert.deepEqual(planned(`{ via: slots, version: ${text} }`, { objects }).version, { kind: "point", point });
  assert.deepEqual(planned("{ via: slots, version: none }").version, { kind: "none" });
  assert.deepEqual(planned("{ via: slots, version: transfer }").version, { kind: "transfer" });
});

test("the gateway has ways of its own, whatever the protocol", () => {
  const text = modbus(VERSION, "firmware: { via: exec, transfer: { command: [/usr/bin/flash, --unit, 3] } }\n");
  const { plan, problems } = resolved(text);
  assert.equal(plan?.firmware?.via, "exec", problems.join("\n"));
});

test("a way that is none is told with those that there are", () => {
  assert.deepEqual(problems("{ via: slost }"), ['4:18: error: via: unknown way "slost"; did you mean "slots"?']);
  assert.deepEqual(problems("{ via: ymodem }"), ['4:18: error: via: unknown way "ymodem" (have: exec, slots, blocks)']);
  assert.deepEqual(resolved(modbus(VERSION, "firmware: { via: smp }\n"), "{}", {}).problems, [
    '4:18: error: via: unknown way "smp" (have: exec); no image gets to a device by modbus itself in this version',
  ]);
  assert.deepEqual(problems("{ stage: on-update }"), ['4:11: error: "via" is missing']);
});

test("what is wrong in a section is told at its place, all at once", () => {
  const told = problems(`
  via: slots
  stage: before_update
  accept: { max_size: 3XB, magic: { hex: 3DB }, haeder: mcuboot }
  expect: changd
  transfer: { slto: 2 }
  activate: [ { slot: tset }, { hodling: 1, value: 2 }, 5 ]
  verify: { within: 5s, poll: 10s, settle: 1s }
  retries: -1
  results: { crcc: 5, busy: 1 }
  lokc: line`);
  assert.deepEqual(told, [
    '6:10: error: stage: expected one of on-update, before-update, found "before_update"; did you mean "before-update"?',
    "7:23: error: max_size: expected a number of bytes, or a size: 491520 or 480KB",
    "7:42: error: hex: expected 1 to 64 bytes in hexadecimal, e.g. 3DB8F396",
    '7:49: error: unknown key "haeder"; did you mean "header"?',
    '8:11: error: expect: expected one of image, changed, found "changd"; did you mean "changed"?',
    "11:11: error: verify: poll (10s) must be shorter than within (5s)",
    '12:12: error: retries: must be at least 0, found "-1"',
    '13:29: error: busy: must be at least 2, found "1"',
    '13:14: error: unknown key "crcc"; did you mean "crc"?',
    '14:3: error: unknown key "lokc"; did you mean "lock"?',
    '9:15: error: unknown key "slto"; did you mean "slot"?',
    '10:23: error: activate: unknown word of slot "tset"; did you mean "test"?',
    '10:33: error: unknown key "hodling"; did you mean "holding"?',
    '10:57: error: activate: expected a step, e.g. { wait: 2s }, found "5"',
  ]);
});

test("a way that overwrites what runs cannot begin before the server says Update", () => {
  assert.deepEqual(problems("{ via: blocks, stage: before-update, transfer: { base: 1 } }"), [
    "4:33: error: stage: with blocks the image that runs is overwritten as the new one arrives: expected on-update",
  ]);
});

test("what the way finds wrong with the device is told", () => {
  const text = `mapping: t\nprotocol: modbus\nmodbus: { unit_id: 0 }\nfirmware: { via: blocks, transfer: { base: 1 } }\nobjects:\n${VERSION}\n`;
  assert.deepEqual(resolved(text, "{}", WAYS).problems, [
    "4:26: error: firmware: nobody answers at the address of all: give it its own",
  ]);
});

test("a step has no arguments, and a word of the way stands alone", () => {
  assert.deepEqual(problems("{ via: slots, enter: [ { holding: 1, value: $0 }, { slot: test, wait: 1s } ] }"), [
    "4:34: error: enter: nobody gives an argument here: $0 to $9 stand in the steps of an executable resource",
    '4:75: error: enter: "slot" stands alone in its step',
  ]);
});

test("a version that nobody tells is no success", () => {
  const objects =
    "  3303: { sensor_value: { input: 1 } }\n  3: { 3: { const: A } }\n  3341: { text: { holding: 1, write: true, read: false, as: string, length: 2 } }";
  for (const [firmware, resources, expected] of [
    [
      "{ via: blocks, transfer: { base: 1 } }",
      "  3303: { sensor_value: { input: 1 } }",
      /^4:13: error: firmware: blocks does not tell which version runs, and the mapping reads no \/3\/0\/3: name/,
    ],
    [
      "{ via: blocks, transfer: { base: 1 }, version: transfer }",
      VERSION,
      /^4:58: error: version: blocks does not tell/,
    ],
    [
      "{ via: slots, version: frimware_version }",
      VERSION,
      /no resource "frimware_version" .* did you mean "firmware_v/,
    ],
    ["{ via: slots, version: tranfser }", VERSION, /no resource "tranfser" in this mapping; did you mean "transfer"/],
    ["{ via: slots, version: 3/0/3 }", objects, /Firmware Version never changes, whatever the device runs$/],
    ["{ via: slots, version: text }", objects, /Text is not read from the device$/],
    [
      "{ via: slots, version: none, expect: image }",
      VERSION,
      /^4:40: error: expect has no meaning beside version: none$/,
    ],
  ] as const) {
    const [first = "", ...others] = problems(firmware, resources);
    assert.match(first, expected);
    assert.deepEqual(others, []);
  }
});

test("what healthy is made of is read from the device", () => {
  const told = (expression: string) => problems(`{ via: slots, verify: { healthy: "${expression}" } }`);
  assert.deepEqual(told("{eror_code[0]} == 0"), [
    '4:45: error: /3/0 has no resource "eror_code[0]" in this mapping; did you mean "error_code"?',
  ]);
  assert.match(told("error_code == 0")[0] ?? "", /a resource is \{error_code\} \(of object 3\) or \{\/3303\/0\/5700\}/);
  assert.match(told("{error_code[0]} + 1")[0] ?? "", /the expression gives a number, expected true or false/);
});

test("a device that does not have yet what tells its version has no firmware plan, until it has said what it is", () => {
  const objects = `${VERSION}
  3341: { text: { holding: 60, as: string, length: 8, when: firmware_version >= 2.1 } }`;
  const { plan, problems } = outcome("{ via: slots, version: text }", { objects });
  assert.deepEqual(problems, []);
  assert.equal(plan?.firmware, undefined);
  const known = plan?.variants?.withFacts(new Map([["3/0/3", "2.4"]]));
  assert.deepEqual(known?.firmware?.version, { kind: "point", point: "3341/0/5527" });
});

test("another section is another device; another comment is not", () => {
  const fingerprint = (firmware: string): string | undefined => outcome(firmware).plan?.fingerprint;
  assert.equal(fingerprint("{ via: slots }"), fingerprint("{ via: slots }   # beside the one that runs"));
  assert.notEqual(fingerprint("{ via: slots }"), fingerprint("{ via: slots, retries: 4 }"));
});
