/** The real stack over D-Bus: its process, a private message bus, and a fake bluetoothd. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import type { Characteristic, Connection } from "../../adapters/ble/radio/radio.ts";
import { RadioError } from "../../adapters/ble/radio/radio-error.ts";
import { SECOND } from "../../src/clock.ts";
import { aRadio } from "../support/a-radio.ts";
import { aFakeBluez, type FakePeripheral } from "../support/fake-bluez.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";

everyTestIsAgainst("dbus", debianVersion("dbus"));

const ROOM: FakePeripheral = {
  address: "f0:00:00:00:00:01",
  services: [
    {
      uuid: "181a",
      characteristics: [
        { uuid: "2a6e", properties: ["read", "write", "write-without-response", "notify"], value: "a608" },
        { uuid: "2a6f", properties: ["read"], value: "00".repeat(400) },
      ],
    },
  ],
};
const TEMPERATURE = `${ROOM.address} 181a/2a6e`;
const BUS = "DBUS_SYSTEM_BUS_ADDRESS";
const PATIENT = { timeout: 20 * SECOND };

async function aRoom(t: TestContext) {
  const bluez = await aFakeBluez(t);
  if (bluez === undefined) return undefined;
  // The process of the stack has our environment.
  const before = process.env[BUS];
  process.env[BUS] = bluez.bus;
  t.after(() => {
    if (before === undefined) delete process.env[BUS];
    else process.env[BUS] = before;
  });
  await bluez.addPeripheral(ROOM);
  const world = await aRadio(t, { kind: "bluez", adapter: "hci0" });
  await world.ready();
  return { ...world, bluez };
}

/** Once BlueZ has heard it. */
async function connected(world: NonNullable<Awaited<ReturnType<typeof aRoom>>>): Promise<Connection> {
  await world.radio.startScan({ active: true });
  await world.bluez.advertise(ROOM, { rssi: -60 });
  await world.heard(() => true);
  return world.radio.connect(ROOM.address, PATIENT);
}

function temperature({ services }: Connection): Characteristic {
  const found = services[0]?.characteristics[0];
  assert.ok(found);
  return found;
}

test("what BlueZ hears is told as it is heard, and what it remembers is not", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  const { radio, bluez, heard } = world;
  await radio.startScan({ active: true });
  await bluez.advertise(ROOM, { rssi: -60, name: "Room", serviceData: { fcd2: "4001" } });
  const first = await heard(({ serviceData }) => serviceData.has("fcd2"));
  assert.deepEqual([first.name, first.addressType, first.rssi], ["Room", "random", -60]);
  await radio.stopScan();
  await radio.startScan({ active: true });
  await bluez.advertise(ROOM, { rssi: -61, manufacturerData: { 1177: "05" } });
  const next = await heard(({ rssi }) => rssi === -61);
  assert.deepEqual([[...next.serviceData], [...next.manufacturerData.keys()]], [[], [1177]]);
});

test("reads, writes and notifications come through, and a read is not told twice", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  const connection = await connected(world);
  assert.equal(connection.mtu, 247);
  const told: string[] = [];
  let next = (): void => {};
  await connection.subscribe(temperature(connection), (bytes) => {
    told.push(Buffer.from(bytes).toString("hex"));
    next();
  });
  const notified = new Promise<void>((resolve) => {
    next = resolve;
  });
  await connection.write(temperature(connection), Uint8Array.of(1, 2), { response: true });
  assert.deepEqual(await connection.read(temperature(connection)), Uint8Array.of(1, 2));
  await world.bluez.notify(ROOM.address, "181a/2a6e", "0909");
  await notified;
  assert.deepEqual(told, ["0909"]);
});

test("refusals are told as what they are, and the connection stays usable", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  const connection = await connected(world);
  await world.bluez.fault("ReadValue", TEMPERATURE, { att: 0x02 });
  await assert.rejects(connection.read(temperature(connection)), { kind: "rejected" });
  await world.bluez.fault("ReadValue", TEMPERATURE, { att: 0x05 });
  const wantsKey = (error: unknown): boolean => error instanceof RadioError && error.fault === "pairing";
  await assert.rejects(connection.read(temperature(connection)), wantsKey);
  assert.deepEqual(await connection.read(temperature(connection)), Uint8Array.of(0xa6, 0x08));
});

test("a read that BlueZ never answers ends in time, with that connection", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  const connection = await connected(world);
  await world.bluez.fault("ReadValue", TEMPERATURE, "hang");
  await assert.rejects(connection.read(temperature(connection), SECOND), { kind: "unreachable" });
  const again = await world.radio.connect(ROOM.address, PATIENT);
  assert.deepEqual(await again.read(temperature(again)), Uint8Array.of(0xa6, 0x08));
});

test("a device that BlueZ never heard cannot be connected to, and that is said", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  await assert.rejects(world.radio.connect("f0:00:00:00:00:09", PATIENT), { message: /has not heard it/ });
});

test("a link that drops, and a bluetoothd that ends, end connections with the reason", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  const connection = await connected(world);
  await world.bluez.drop(ROOM.address);
  await assert.rejects(connection.read(temperature(connection)), { kind: "unreachable" });
  await world.bluez.kill();
  await world.unavailable(/BlueZ/);
});

test("no bluetoothd is told with what to do", async (t) => {
  const world = await aRoom(t);
  if (world === undefined) return;
  await world.bluez.kill();
  assert.match(await world.unavailable(/does not run/), /systemctl enable --now bluetooth/);
});
