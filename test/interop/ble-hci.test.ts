/** The real stack over HCI: noble in its process, a serial port, and the emulated controller at its other end. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { advertisingData } from "../../adapters/ble/emulator/advertising-data.ts";
import type { PeripheralSpec } from "../../adapters/ble/emulator/peripheral-spec.ts";
import type { Characteristic, Connection } from "../../adapters/ble/radio/radio.ts";
import { RadioError } from "../../adapters/ble/radio/radio-error.ts";
import { SECOND } from "../../src/clock.ts";
import { aRadio } from "../support/a-radio.ts";
import { aBleController } from "../support/ble-controller.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";

everyTestIsAgainst("socat", debianVersion("socat"));

const ROOM = "f0:00:00:00:00:01";
const OTHER = "a4:c1:38:00:00:02";
const NOBODY = "f0:00:00:00:00:09";
const PATIENT = { timeout: 20 * SECOND };

function room(address: string, addressType: "public" | "random", serviceData = "40"): PeripheralSpec {
  const data = advertisingData({ name: "Room", serviceData: new Map([["fcd2", Buffer.from(serviceData, "hex")]]) });
  return {
    ...{ address, addressType, advertising: { data, interval: 50 } },
    services: [
      {
        uuid: "181a",
        characteristics: [
          { uuid: "2a6e", properties: ["read", "write", "write-without-response", "notify"], value: Uint8Array.of(1) },
          { uuid: "2a6e", properties: ["read", "write"], value: Uint8Array.of(2) },
          { uuid: "2a6f", properties: ["read", "write"], value: new Uint8Array(400).fill(7) },
          { uuid: "2a1c", properties: ["indicate"] },
        ],
      },
    ],
  };
}

async function aRoom(t: TestContext) {
  const serial = await aBleController(t);
  if (serial === undefined) return undefined;
  const peripheral = serial.controller.add(room(ROOM, "random"));
  const other = serial.controller.add(room(OTHER, "public"));
  const world = await aRadio(t, { kind: "hci-uart", port: serial.port, baudRate: 1_000_000 });
  await world.ready();
  return { ...world, serial, peripheral, other };
}

function characteristics(connection: Connection): readonly Characteristic[] {
  return connection.services.filter(({ uuid }) => uuid === "181a").flatMap((service) => service.characteristics);
}

function first(connection: Connection, index = 0): Characteristic {
  const found = characteristics(connection)[index];
  assert.ok(found);
  return found;
}

test("passive scanning asks nobody for more, and hears each packet by itself", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  const { radio, serial, peripheral, heard } = world;
  await radio.startScan({ active: false });
  assert.equal(serial.controller.scanning, "passive");
  const before = await heard(({ address }) => address === ROOM);
  assert.deepEqual([before.name, before.addressType, before.connectable], ["Room", "random", true]);
  const data = advertisingData({ serviceData: new Map([["181a", Uint8Array.of(5)]]) });
  peripheral.advertise({ data, interval: 50 });
  const after = await heard(({ address, serviceData }) => address === ROOM && serviceData.has("181a"));
  assert.deepEqual([...after.serviceData.keys()], ["181a"]);
  await radio.startScan({ active: true });
  assert.equal(serial.controller.scanning, "active");
  await radio.stopScan();
  assert.equal(serial.controller.scanning, "off");
});

test("two characteristics of one UUID, long values, both kinds of writes and notifications come through", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  const connection = await world.radio.connect(ROOM, PATIENT);
  assert.deepEqual(await connection.read(first(connection, 0)), Uint8Array.of(1));
  assert.deepEqual(await connection.read(first(connection, 1)), Uint8Array.of(2));
  assert.equal((await connection.read(first(connection, 2))).length, 400);
  await connection.write(first(connection, 2), new Uint8Array(300).fill(9), { response: true });
  assert.deepEqual(await connection.read(first(connection, 2)), new Uint8Array(300).fill(9));
  await connection.write(first(connection), Uint8Array.of(8), { response: false });
  assert.deepEqual(await connection.read(first(connection)), Uint8Array.of(8));
  assert.equal(await connection.rssi(), -60);
  const notified = new Promise<Uint8Array>((resolve) => void connection.subscribe(first(connection), resolve));
  await connection.read(first(connection));
  world.peripheral.characteristic("2a6e").notify(Uint8Array.of(3));
  assert.deepEqual(await notified, Uint8Array.of(3));
});

test("indications come through, and each is confirmed: only then comes the next", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  const connection = await world.radio.connect(ROOM, PATIENT);
  const told: number[] = [];
  let next = (): void => {};
  await connection.subscribe(first(connection, 3), (bytes) => {
    told.push(...bytes);
    next();
  });
  for (const value of [1, 2, 3]) {
    const heard = new Promise<void>((resolve) => {
      next = resolve;
    });
    assert.ok(world.peripheral.characteristic("2a1c").indicate(Uint8Array.of(value)));
    await heard;
    // What is read comes behind the confirmation.
    await connection.read(first(connection));
  }
  assert.deepEqual(told, [1, 2, 3]);
});

test("a refused read and a refused write are refusals, and the connection stays usable", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  const connection = await world.radio.connect(ROOM, PATIENT);
  world.peripheral.characteristic("2a6e").faults = { read: 0x02, write: 0x03 };
  await assert.rejects(connection.read(first(connection)), { kind: "rejected", message: /Read Not Permitted/ });
  const write = connection.write(first(connection), Uint8Array.of(1), { response: true });
  await assert.rejects(write, { kind: "rejected", message: /Write Not Permitted/ });
  assert.deepEqual(await connection.read(first(connection, 1)), Uint8Array.of(2));
});

test("a lost answer ends that connection in time, and no other", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  const { radio, peripheral } = world;
  const connection = await radio.connect(ROOM, PATIENT);
  const other = await radio.connect(OTHER, PATIENT);
  peripheral.faults = { mute: true };
  await assert.rejects(connection.read(first(connection), SECOND), { kind: "unreachable" });
  assert.ok(connection.signal.aborted || (await aborted(connection)));
  assert.deepEqual(await other.read(first(other)), Uint8Array.of(1));
  peripheral.faults = {};
  const again = await radio.connect(ROOM, PATIENT);
  assert.deepEqual(await again.read(first(again)), Uint8Array.of(1));
});

test("an absent device is given up in time, and the next one is connected to", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  await assert.rejects(world.radio.connect(NOBODY, { timeout: SECOND }), { kind: "unreachable" });
  const connection = await world.radio.connect(OTHER, PATIENT);
  assert.deepEqual(await connection.read(first(connection)), Uint8Array.of(1));
});

test("a link that drops while something is pending fails it at once; old handles are of no use, new ones are", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  const { radio, peripheral } = world;
  const connection = await radio.connect(ROOM, PATIENT);
  peripheral.faults = { mute: true };
  const pending = assert.rejects(connection.read(first(connection), 60 * SECOND), { kind: "unreachable" });
  peripheral.drop();
  await pending;
  await assert.rejects(connection.read(first(connection)), { kind: "unreachable" });
  peripheral.faults = {};
  const again = await radio.connect(ROOM, PATIENT);
  assert.deepEqual(await again.read(first(again)), Uint8Array.of(1));
});

test("a full controller says so, in a way that can be told from any other refusal", async (t) => {
  const serial = await aBleController(t, { connections: 1 });
  if (serial === undefined) return;
  for (const [address, type] of [
    [ROOM, "random"],
    [OTHER, "public"],
  ] as const)
    serial.controller.add(room(address, type));
  const { radio, ready } = await aRadio(t, { kind: "hci-uart", port: serial.port, baudRate: 1_000_000 });
  await ready();
  const connection = await radio.connect(ROOM, PATIENT);
  await assert.rejects(radio.connect(OTHER, PATIENT), (error) => error instanceof RadioError && error.fault === "full");
  await connection.disconnect();
  const next = await radio.connect(OTHER, PATIENT);
  assert.deepEqual(await next.read(first(next)), Uint8Array.of(1));
});

test("a connect ends the scan, and the scan can be begun anew beside the connection", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  await world.radio.startScan({ active: false });
  const connection = await world.radio.connect(ROOM, PATIENT);
  assert.equal(world.serial.controller.scanning, "off");
  await world.radio.startScan({ active: false });
  await world.heard(({ address }) => address === OTHER);
  assert.deepEqual(await connection.read(first(connection)), Uint8Array.of(1));
});

test("an adapter that is pulled is unavailable with what to do", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  const connection = await world.radio.connect(ROOM, PATIENT);
  const [unavailable] = await Promise.all([world.unavailable(/gone|no port/), world.serial.vanish()]);
  assert.match(unavailable, /gone|no port/);
  assert.ok(connection.signal.aborted);
  await assert.rejects(world.radio.startScan({ active: false }), { kind: "unreachable" });
});

test("a controller that hangs is found by the probe", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  await world.radio.probe(10 * SECOND);
  world.serial.controller.silent = true;
  await assert.rejects(world.radio.probe(SECOND), { kind: "unreachable" });
  await world.unavailable(/does not answer/);
});

function aborted({ signal }: Connection): Promise<boolean> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(true), { once: true }));
}
