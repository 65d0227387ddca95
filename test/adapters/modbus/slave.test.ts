import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { modbus } from "../../../adapters/modbus/index.ts";
import { tcpOptionsSchema } from "../../../adapters/modbus/options.ts";
import type { Simulation } from "../../../src/adapter.ts";
import { aContext, aDeviceOf, aSimulation, bytes, pointsOf, portOf } from "../../support/modbus-device.ts";

async function aSlave(t: TestContext, units: readonly number[]): Promise<Simulation> {
  const devices = units.map((unit_id) => {
    const device = aDeviceOf({ id: { input: 0 } }, { section: { unit_id } });
    device.values.set("id", Uint8Array.of(0, unit_id));
    return device;
  });
  const simulation = await aSimulation(devices);
  t.after(() => simulation.close());
  return simulation;
}

/** A raw client: what it gets until the given number of bytes, or the end. */
async function talk(
  t: TestContext,
  simulation: Simulation,
  send: Uint8Array | string,
  expected: number,
): Promise<Buffer> {
  const socket = await open(t, simulation);
  socket.write(send);
  let got = Buffer.alloc(0);
  for await (const chunk of socket) {
    got = Buffer.concat([got, chunk as Buffer]);
    if (got.length >= expected) break;
  }
  return got;
}

async function open(t: TestContext, simulation: Simulation): Promise<Socket> {
  const socket = connect(portOf(simulation), "127.0.0.1");
  t.after(() => socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

test("many units answer at one port, each with its own values", async (t) => {
  const units = Array.from({ length: 247 }, (_, i) => i + 1);
  const simulation = await aSlave(t, units);
  const link = await modbus.open(tcpOptionsSchema.parse({ ...simulation.address }), aContext());
  t.after(() => link.close());
  await Promise.all(
    units.map(async (unit_id) => {
      const section = modbus.device.parse({ unit_id });
      const listener = { onReadings() {}, onReachable() {} };
      const device = await link.attach(section, pointsOf({ id: { input: 0 } }, section), listener);
      const { readings } = await device.read(["id"]);
      assert.deepEqual(readings[0]?.value, Uint8Array.of(0, unit_id));
    }),
  );
});

test("a unit that is not there is what a gateway says it is: a target that does not respond", async (t) => {
  const simulation = await aSlave(t, [1]);
  const answer = await talk(t, simulation, bytes("00 01 00 00 00 06 09 04 00 00 00 01"), 9);
  assert.equal(answer.toString("hex"), "00010000000309840b");
});

test("requests sent together are answered in order, with their own transactions", async (t) => {
  const simulation = await aSlave(t, [1]);
  const request = (transaction: string): string => `${transaction} 00 00 00 06 01 04 00 00 00 01`;
  const answer = await talk(t, simulation, bytes(`${request("00 07")} ${request("12 34")}`), 22);
  assert.equal(answer.toString("hex"), "00070000000501040200011234000000050104020001");
});

test("what is no Modbus TCP ends that connection, and no other", async (t) => {
  const simulation = await aSlave(t, [1]);
  const good = await open(t, simulation);
  assert.equal((await talk(t, simulation, "GET / HTTP/1.1\r\n\r\n", 1)).length, 0);
  good.write(bytes("00 01 00 00 00 06 01 04 00 00 00 01"));
  const answer = await new Promise<Buffer>((resolve) => good.once("data", resolve));
  assert.equal(answer.toString("hex"), "0001000000050104020001");
});

test("a client that asks faster than it reads gets every answer in the end", async (t) => {
  const device = aDeviceOf({ text: { input: 0, length: 250 } });
  device.values.set("text", new Uint8Array(250));
  const simulation = await aSimulation([device]);
  t.after(() => simulation.close());
  const socket = await open(t, simulation);
  socket.pause();
  const request = bytes("00 01 00 00 00 06 01 04 00 00 00 7d");
  // 240 kB of requests make 5 MB of answers: more than the sockets' buffers hold while nobody reads.
  await new Promise<void>((resolve) => {
    socket.write(Buffer.concat(Array.from({ length: 20_000 }, () => request)), () => resolve());
  });
  let got = 0;
  for await (const chunk of socket) {
    got += (chunk as Buffer).length;
    if (got === 20_000 * 259) break;
  }
  assert.equal(got, 20_000 * 259);
});

test("a simulation says where it listens, and two devices of one unit cannot be", async (t) => {
  const simulation = await aSlave(t, [1]);
  assert.deepEqual(simulation.address, { host: "127.0.0.1", port: portOf(simulation) });
  await assert.rejects(aSlave(t, [3, 3]), /two simulated devices have the unit_id 3/);
  await assert.rejects(aSimulation([], { port: portOf(simulation) }), { code: "EADDRINUSE" });
  await assert.rejects(aSimulation([], { prot: 1 }), { name: "WrongArguments", message: /prot/ });
});
