import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { modbus } from "../../../../adapters/modbus/index.ts";
import { askRaw, Silence } from "../../../../adapters/modbus/tools/ask.ts";
import { WrongArguments } from "../../../../src/adapter.ts";
import { aContext } from "../../../support/modbus-device.ts";
import { aToolSlave, identified } from "../../../support/tool-slave.ts";

async function anOpenLink(t: test.TestContext) {
  const slave = await aToolSlave(t, { 1: identified("Acme", "X"), 2: () => undefined });
  const schema = modbus.linkTypes["modbus-tcp"];
  assert.ok(schema !== undefined);
  const link = await modbus.open(schema.parse({ host: "127.0.0.1", port: slave.port }), aContext());
  t.after(() => link.close());
  const { ask } = link;
  assert.ok(ask !== undefined);
  return { ask, link, slave };
}

test("a raw request goes out as it is; an exception is an answer; silence is a DeviceError of its own deadline", async (t) => {
  const { ask, link } = await anOpenLink(t);
  const answer = await askRaw(ask, { unit: 1, pdu: Uint8Array.of(43, 14, 4, 0) });
  assert.equal(Buffer.from(answer.pdu).toString("latin1").includes("Acme"), true);
  assert.deepEqual((await askRaw(ask, { unit: 1, pdu: Uint8Array.of(3, 0, 0, 0, 1) })).pdu, Uint8Array.of(0x83, 2));
  await assert.rejects(
    askRaw(ask, { unit: 2, pdu: Uint8Array.of(17), timeout: 40 }),
    (error) =>
      error instanceof Silence && /^Silence: unit 2: send 1 bytes \(FC 17\): no answer within 40ms/.test(String(error)),
  );
  const read = Uint8Array.of(4, 0, 0x34, 0, 2);
  await assert.rejects(askRaw(ask, { unit: 2, pdu: read, timeout: 40 }), /unit 2: read input\[0x34\.\.0x35\] \(FC 4\)/);
  // Nothing is remembered of units that somebody only tried.
  assert.deepEqual(link.report?.().lines[0]?.units, []);
});

test("what is no request is refused before anything goes out", async (t) => {
  const { ask, slave } = await anOpenLink(t);
  const wrong = [
    {},
    { unit: 1 },
    { unit: 300, pdu: "01" },
    { unit: 1, pdu: "0" },
    { unit: 1, pdu: "" },
    { unit: 1, pdu: "01", x: 1 },
  ];
  for (const request of wrong) await assert.rejects(ask(request), WrongArguments);
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (request) => {
      await assert.rejects(ask(request), WrongArguments);
    }),
  );
  assert.deepEqual(slave.requests, []);
});

test("through another process a device is read as on a link of one's own", async (t) => {
  const { ask } = await anOpenLink(t);
  const link = (await modbus.tools?.())?.through?.(
    async (request) => JSON.parse(JSON.stringify(await ask(JSON.parse(JSON.stringify(request))))),
    aContext(),
  );
  assert.ok(link !== undefined);
  t.after(() => link.close());
  const device = modbus.device.parse({ unit_id: 1 });
  const points = new Map([["a", modbus.point.parse({ holding: 5, device })]]);
  const attached = await link.attach(device, points, { onReadings: () => {}, onReachable: () => {} });
  const { readings, refused } = await attached.read(["a"]);
  assert.deepEqual(readings, []);
  assert.match(refused[0]?.reason ?? "", /holding\[0x5\.\.0x5\].*exception 2/);
});
