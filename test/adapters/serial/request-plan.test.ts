import assert from "node:assert/strict";
import { test } from "node:test";
import { serial } from "../../../adapters/serial/index.ts";
import type { SerialOptions } from "../../../adapters/serial/options.ts";
import { pointsOf } from "../../support/serial-world.ts";

function optionsOf(type: string, keys: object): SerialOptions {
  return (serial.linkTypes[type] ?? assert.fail(type)).parse(keys);
}

function timesOf(section: object, points: Readonly<Record<string, object>>, line = "9600-8N1") {
  const device = serial.device.parse(section);
  const options = optionsOf("serial", { port: "/dev/ttyS0", line });
  const planned = serial.plan?.(device, pointsOf(points, device), options) ?? [];
  return planned.map(({ text, time }) => [text, Math.round(100 * (time ?? 0)) / 100]);
}

test("a request is as long on the line as its bytes, those of the answer and the time to think", () => {
  // 9600-8N1: ten bits a character, 1.0417 ms.
  const fixed = { frame: { start: "\xaa", size: 12 }, requests: { state: { hex: "10 0a", wrap: true } } };
  assert.deepEqual(
    timesOf(fixed, { a: { request: "state", at: 2, length: 2 }, b: { request: "state", at: 4, length: 1 } }),
    [["state", Math.round(100 * (20 + (15 * 10_000) / 9600)) / 100]],
  );
  const length = {
    frame: { start: "\xaa", length: { at: 1, plus: 4 }, checksum: "crc16-modbus" },
    requests: { state: { hex: "10 0a", wrap: true } },
  };
  // AA 10 0A and two of CRC; the answer reaches to the byte 9, and has its CRC behind that.
  assert.deepEqual(timesOf(length, { a: { request: "state", at: 6, length: 4 } }), [
    ["state", Math.round(100 * (20 + ((5 + 12) * 10_000) / 9600)) / 100],
  ]);
});

test("of a text the shortest that fits counts, with eight characters for each field", () => {
  const scale = {
    frame: { end: "\r\n" },
    requests: {
      weigh: { send: "SI\r\n", expect: "S (?<weight>[\\d.]+) (?<unit>g|kg)" },
      zero: { send: "Z\r\n", answer: false },
    },
  };
  // "S 0 g", two fields, the end mark; seven bits and a parity are ten bits a character, too.
  const chars = 4 + 5 + 16 + 2;
  assert.deepEqual(timesOf(scale, { a: { request: "weigh", field: "weight" } }, "2400-7E1"), [
    ["weigh", Math.round(100 * (20 + (chars * 10_000) / 2400)) / 100],
  ]);
  assert.equal(
    timesOf(scale, { a: { request: "weigh", field: "weight" }, b: { request: "weigh", field: "unit" } }).length,
    1,
  );
});

test("a port tells its line and the next faster one; behind a serial server nobody knows", () => {
  const wire = serial.wire?.(optionsOf("serial", { port: "/dev/ttyS0", line: "2400-7E1", gap: "30ms" }), "scale");
  assert.deepEqual([wire?.key, wire?.text, wire?.pause, wire?.faster?.text], ["scale", "2400-7E1", 30, "4800 baud"]);
  const fastest = serial.wire?.(optionsOf("serial", { port: "/dev/ttyS0", line: "115200-8N1" }), "scale");
  assert.equal(fastest?.faster, undefined);
  const far = optionsOf("serial-over-tcp", { host: "box", port: 4001 });
  assert.equal(serial.wire?.(far, "scale"), undefined);
  const device = serial.device.parse({ frame: { end: "\n" }, requests: { a: { send: "A" } } });
  assert.deepEqual(serial.plan?.(device, pointsOf({ a: { request: "a" } }, device), far), [{ text: "a" }]);
});
