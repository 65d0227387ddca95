import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { serial } from "../../../../adapters/serial/index.ts";
import { decodeNumber, encodeNumber, numberType } from "../../../../adapters/spoken/stream/binary-number.ts";
import { RequestFinder } from "../../../../adapters/spoken/stream/played/requests.ts";
import { requestBytes, spelled, valueIn } from "../../../../adapters/spoken/stream/template.ts";
import { DeviceError } from "../../../../src/adapter.ts";
import { settleUntil } from "../../../support/fake-clock.ts";
import { aSerialWorld } from "../../../support/serial-world.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("numbers become the bytes that their types say, and are read back", () => {
  for (const [name, number, bytes] of [
    ["u8", 255, "ff"],
    ["s8", -1, "ff"],
    ["u16", 0x1234, "1234"],
    ["u16le", 0x1234, "3412"],
    ["s16", -2, "fffe"],
    ["u32", 0x12345678, "12345678"],
    ["s32le", -2, "feffffff"],
    // IEEE 754: 12.375 is 1.546875 × 2^3.
    ["f32", 12.375, "41460000"],
    ["f32le", 12.375, "00004641"],
    ["f64", 12.375, "4028c00000000000"],
  ] as const) {
    const type = numberType(name) ?? assert.fail(name);
    assert.equal(hex(encodeNumber(number, type)), bytes, name);
    assert.equal(decodeNumber(Buffer.from(bytes, "hex"), type), number, name);
  }
});

test("a number that does not fit is refused in words, and nothing is sent", async (t) => {
  const world = await aSerialWorld(t, "TCP");
  assert.ok(world !== undefined);
  const device = await world.attach(
    {
      frame: { end: "\n" },
      requests: { set: { hex: "02 {value:u8} 0a", answer: false }, bits: { hex: "03 {value}", answer: false } },
    },
    { a: { request: "set", write: true }, b: { request: "bits", at: 0, length: 1, write: true } },
  );
  for (const [value, message] of [
    [256, /256 does not fit u8 \(0\.\.255\)/],
    [-1, /-1 does not fit u8/],
    [1.5, /1\.5 is no whole number, which u8 needs/],
    ["x", /"x" is no number, which u8 needs/],
    ["", /"" is no number/],
  ] as const) {
    await assert.rejects(
      device.device.write("a", value),
      (error) => error instanceof DeviceError && message.test(error.message),
    );
  }
  await assert.rejects(
    device.device.write("b", Uint8Array.of(1), Uint8Array.of(0x0f)),
    /single bits of them cannot be written/,
  );
  assert.deepEqual(world.far.requests, []);
  await device.done(() => device.device.write("a", 7.0000000000001));
  await device.done(() => device.device.write("b", Uint8Array.of(0xfe)));
  await settleUntil("both", () => Buffer.concat(world.far.requests).length >= 2 || world.far.requests.length > 0);
  assert.equal(hex(world.far.requests[0] ?? Buffer.alloc(0)), "02070a");
});

test("what is spelled is found again by a device that is played, whatever the value and however it is cut", () => {
  const section = serial.device.parse({
    frame: { start: "\x02", length: { at: 1, plus: 3 } },
    requests: {
      level: { hex: "aa {value:u16le} 55 aa", answer: false },
      level2: { hex: "ab {value:f32}", answer: false },
      text: { send: "T{value}\r", answer: false },
    },
  });
  const requests = [...section.requests.values()];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...requests), fc.integer({ min: 0, max: 65535 })), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.integer({ min: 1, max: 9 }),
      (said, size) => {
        const bytes = Buffer.concat(
          said.map(([{ send }, value]) => requestBytes(send, spelled(value, send, "latin1"), section.frame)),
        );
        const finder = new RequestFinder(section);
        const found = [];
        for (let at = 0; at < bytes.length; at += size) found.push(...finder.push(bytes.subarray(at, at + size)));
        assert.deepEqual(
          found.map(({ request, value }) => {
            const { value: spelling } = request.send;
            return [request.name, Number(spelling === undefined ? "" : valueIn(value, spelling, "latin1"))];
          }),
          said.map(([{ name }, value]) => [name, value]),
        );
      },
    ),
  );
});
