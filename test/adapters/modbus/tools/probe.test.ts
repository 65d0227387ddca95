import assert from "node:assert/strict";
import { test } from "node:test";
import { modbus } from "../../../../adapters/modbus/index.ts";
import { aToolContext, theArguments } from "../../../support/tool-context.ts";
import { aToolSlave } from "../../../support/tool-slave.ts";

const probe = (await modbus.tools?.())?.probe;
assert.ok(probe !== undefined);

test("of a device that is silent it is told what to look at, by the kind of wire", async (t) => {
  const slave = await aToolSlave(t, { 1: () => undefined });
  const wire = { host: "127.0.0.1", port: String(slave.port), timeout: "40ms" };
  const { lines, ok } = await probe.run(theArguments(["input", "0x34", "2"], wire), aToolContext());
  assert.equal(ok, false);
  assert.equal(lines[0], "unit 1: read input[0x34..0x35] (FC 4): no answer within 40ms");
  assert.match(lines[1] ?? "", /^what to do: is 1 the address .*--type modbus-rtu-over-tcp/);
});

test("of a port that is not there its own sentence says all", async () => {
  const wire = { port: "/dev/none", line: "9600-8N1" };
  const { lines, ok } = await probe.run(theArguments(["input", "0"], wire), aToolContext());
  assert.equal(ok, false);
  assert.equal(lines.length, 1, lines.join("\n"));
  assert.match(lines[0] ?? "", /there is no port \/dev\/none; /);
});

test("two registers that are two values are shown as such, too", async (t) => {
  const slave = await aToolSlave(t, { 1: () => [4, 4, 0x00, 0xd9, 0xff, 0xfe] });
  const wire = { host: "127.0.0.1", port: String(slave.port) };
  const { lines } = await probe.run(theArguments(["input", "1", "2"], wire), aToolContext());
  assert.ok(lines.includes("0x1 alone: u16 217; bits 0000 0000 1101 1001, set: 0, 3, 4, 6, 7"), lines.join("\n"));
  assert.ok(
    lines.includes(
      "0x2 alone: u16 65534, s16 -2; bits 1111 1111 1111 1110, set: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
    ),
    lines.join("\n"),
  );
});
