/** Where simulated devices can be played: the same devices on every transport. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { simulationSettings } from "../../../../adapters/modbus/simulation/options.ts";
import { WrongArguments } from "../../../../src/adapter.ts";
import { aDeviceOf, aSimulation, bytes, hex, portOf } from "../../../support/modbus-device.ts";

async function played(t: TestContext, options: Readonly<Record<string, unknown>>): Promise<number> {
  const devices = [1, 7].map((unit_id) => {
    const device = aDeviceOf({ level: { holding: 0, write: true } }, { section: { unit_id } });
    device.values.set("level", Uint8Array.of(0, unit_id));
    return device;
  });
  const simulation = await aSimulation(devices, options);
  t.after(() => simulation.close());
  return portOf(simulation);
}

/** What comes back for these bytes, until so many came. */
async function talk(t: TestContext, port: number, send: Uint8Array, expected: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  await once(socket, "connect");
  socket.write(send);
  let got = Buffer.alloc(0);
  for await (const chunk of socket) {
    got = Buffer.concat([got, chunk as Buffer]);
    if (got.length >= expected) break;
  }
  return hex(got);
}

test("RTU over TCP: units answer, others are silent, and all take a broadcast", async (t) => {
  const port = await played(t, { type: "modbus-rtu-over-tcp" });
  assert.equal(await talk(t, port, bytes("07 03 00 00 00 01 84 6c"), 7), "07 03 02 00 07 71 86");
  // Unit 9 is not there, unit 0 is everybody; only the last request is answered.
  const requests = bytes("09 03 00 00 00 01 85 42 00 06 00 00 00 2a 09 c4 01 03 00 00 00 01 84 0a");
  assert.equal(await talk(t, port, requests, 7), "01 03 02 00 2a 39 9b");
});

test("UDP: each datagram is answered to where it came from", async (t) => {
  const port = await played(t, { type: "modbus-udp" });
  const socket = createSocket("udp4");
  t.after(() => socket.close());
  socket.send(bytes("12 34 00 00 00 06 07 03 00 00 00 01"), port, "127.0.0.1");
  const [answer] = (await once(socket, "message")) as [Buffer];
  assert.equal(hex(answer), "12 34 00 00 00 05 07 03 02 00 07");
});

test("a TCP device with faults does what they say", async (t) => {
  const port = await played(t, { faults: "exception:6" });
  assert.equal(await talk(t, port, bytes("00 01 00 00 00 06 07 03 00 00 00 01"), 9), "00 01 00 00 00 03 07 83 06");
});

test("what is spoken follows from the place, unless the type says it", () => {
  const of = (options: Readonly<Record<string, unknown>>): string => {
    const { place, framing } = simulationSettings(options);
    return `${place.kind} ${framing}`;
  };
  assert.equal(of({}), "tcp mbap");
  assert.equal(of({ port: "/dev/ttyUSB0" }), "serial rtu");
  assert.equal(of({ pty: "/tmp/bus1", type: "modbus-ascii" }), "pty ascii");
  assert.equal(of({ type: "modbus-rtu-over-tcp" }), "tcp rtu");
});

test("places that cannot be are refused with what was expected", () => {
  const wrong = (options: Readonly<Record<string, unknown>>, expected: RegExp): void =>
    assert.throws(
      () => simulationSettings(options),
      (error) => error instanceof WrongArguments && expected.test(error.message),
    );
  wrong({ type: "modbus" }, /type: expected one of modbus-tcp, modbus-udp/);
  wrong({ type: "modbus-rtu" }, /modbus-rtu: expected a serial port/);
  wrong({ type: "modbus-udp", pty: "/tmp/bus1" }, /not spoken on a serial port/);
  wrong({ port: "/dev/ttyS0", line: "9600" }, /line: /);
});
