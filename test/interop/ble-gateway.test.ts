/**
 * The whole gateway among Bluetooth devices, over each stack: noble over HCI at our own emulator, noble over HCI at Bumble, whose
 * controller and GATT others wrote, and noble over D-Bus at a bluetoothd that is fake.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { debianVersion, tellPeer } from "../support/peer.ts";
import type { Air } from "./ble/air.ts";
import { bluezAir } from "./ble/bluez-air.ts";
import { bumbleAir } from "./ble/bumble-air.ts";
import {
  ACTUATOR,
  anActuator,
  aRoom,
  aThermometer,
  COMMAND,
  IN_YAML,
  openBleWorld,
  ROOM,
  SWITCH,
  THERMOMETER,
} from "./ble/devices.ts";
import { emulatedAir } from "./ble/emulated-air.ts";
import type { GatewayWorld } from "./gateway-world.ts";

const LIMIT = { timeout: 60_000 };
/** Object 4: Network Bearer, Radio Signal Strength. */
const BEARER = "/4/0/0";
const RSSI = "/4/0/2";
const BLUETOOTH = 22;
const TEMPERATURE = "/3303/0/5700";
const HUMIDITY = "/3304/0/5700";
const ON_OFF = "/3306/0/5850";
const MANUFACTURER = "/3/0/0";
const BATTERY = "/3/0/9";
const REBOOT = "/3/0/4";
const WRITE_NOT_PERMITTED = 0x03;

interface Stack {
  readonly name: string;
  open(t: TestContext): Promise<Air | undefined>;
  /** Of whom the table of peers tells; Bumble does it by itself. */
  readonly peer?: readonly [name: string, version: string];
}

const STACKS: readonly Stack[] = [
  { name: "our emulator", open: emulatedAir, peer: ["socat", debianVersion("socat")] },
  { name: "Bumble", open: bumbleAir },
  { name: "a fake BlueZ", open: bluezAir, peer: ["dbus", debianVersion("dbus")] },
];

/** Until the value is there: before the subscription nobody hears it. */
async function thermometerTells(air: Air, world: GatewayWorld, bytes: string, value: number): Promise<void> {
  while ((await world.read(`/thermometer${TEMPERATURE}`).catch(() => undefined)) !== value) {
    await air.notify(THERMOMETER, "181a/2a6e", bytes);
    await world.pause();
  }
}

for (const { name, open, peer } of STACKS) {
  /** A test that is skipped where the stack is not there. */
  const against = (about: string, work: (t: TestContext, air: Air) => Promise<void>): void =>
    void test(`${name}: ${about}`, LIMIT, async (t) => {
      if (peer !== undefined) tellPeer(t, ...peer);
      const air = await open(t);
      if (air !== undefined) await work(t, air);
    });

  against(
    "encrypted advertisements become values, and how strong they are heard; silence is offline",
    async (t, air) => {
      const room = aRoom();
      await air.add(room.device);
      const world = await openBleWorld(t, air, { devices: [IN_YAML.room] });
      await world.reads(`/room${TEMPERATURE}`, 25.06);
      await world.reads(`/room${HUMIDITY}`, 50.55);
      await air.advertise(ROOM, room.said(-512, 9900));
      await world.reads(`/room${TEMPERATURE}`, -5.12);
      await world.reads(`/room${BEARER}`, BLUETOOTH);
      assert.ok(Number(await world.read(`/room${RSSI}`)) < 0);
      await air.vanish();
      await world.refuses(`/room${TEMPERATURE}`, /./);
      await air.comeBack();
      await air.advertise(ROOM, room.said(1800, 4000));
      await world.reads(`/room${TEMPERATURE}`, 18);
    },
  );

  against("a thermometer is read and tells by itself, also after its link was lost", async (t, air) => {
    await air.add(aThermometer());
    const world = await openBleWorld(t, air, { devices: [IN_YAML.thermometer] });
    const tells = (bytes: string, value: number): Promise<void> => thermometerTells(air, world, bytes, value);
    // Before it says anything by itself.
    await world.reads(`/thermometer${TEMPERATURE}`, 22.14);
    await world.reads(`/thermometer${HUMIDITY}`, 40);
    await world.reads(`/thermometer${MANUFACTURER}`, "Acme".repeat(60));
    await world.reads(`/thermometer${BATTERY}`, 97);
    await world.reads(`/thermometer${BEARER}`, BLUETOOTH);
    await tells("d007", 20);
    await air.setValue(THERMOMETER, "181a/2a6e", "5802");
    await air.drop(THERMOMETER);
    // It is read anew with each connection, and told again.
    await world.reads(`/thermometer${TEMPERATURE}`, 6);
    await tells("9cff", -1);
  });

  against("an actuator is written, refuses, and is executed", async (t, air) => {
    await air.add(anActuator());
    const world = await openBleWorld(t, air, { devices: [IN_YAML.actuator] });
    await world.reads(`/actuator${ON_OFF}`, false);
    await world.write(`/actuator${ON_OFF}`, true);
    assert.equal(await air.value(ACTUATOR, SWITCH), "01");
    await air.refuseWrites(ACTUATOR, SWITCH, WRITE_NOT_PERMITTED);
    await assert.rejects(world.write(`/actuator${ON_OFF}`, false));
    await air.refuseWrites(ACTUATOR, SWITCH, undefined);
    await world.reads(`/actuator${ON_OFF}`, true);
    await world.write(`/actuator${ON_OFF}`, false);
    await world.reads(`/actuator${ON_OFF}`, false);
    await world.execute(`/actuator${REBOOT}`);
    // Nobody confirms it: it may be on its way.
    while ((await air.value(ACTUATOR, COMMAND)) !== "0102") await world.pause();
  });

  against("five devices take turns at two connections, while one advertises", async (t, air) => {
    const addresses = [1, 2, 3, 4, 5].map((i) => `f0:00:00:00:01:0${i}`);
    for (const [i, address] of addresses.entries()) await air.add(aThermometer(address, `${10 + i}00`));
    const room = aRoom();
    await air.add(room.device);
    const polled = addresses.map((address, i) => `id: t${i}, mapping: polled-thermometer, address: "${address}"`);
    const world = await openBleWorld(t, air, { devices: [...polled, IN_YAML.room], link: "connections: 2" });
    for (const round of [1, 2]) {
      for (const [i, address] of addresses.entries()) await air.setValue(address, "181a/2a6e", `${10 * round + i}00`);
      await air.advertise(ROOM, room.said(100 * round, 0));
      await Promise.all([
        ...addresses.map((_, i) => world.reads(`/t${i}${TEMPERATURE}`, Number.parseInt(`${10 * round + i}`, 16) / 100)),
        world.reads(`/room${TEMPERATURE}`, round),
      ]);
    }
  });

  against("an adapter that vanishes takes its devices with it, with a reason, and brings them back", async (t, air) => {
    await air.add(aThermometer());
    await air.add(anActuator());
    const world = await openBleWorld(t, air, { devices: [IN_YAML.thermometer, IN_YAML.actuator] });
    const tells = (bytes: string, value: number): Promise<void> => thermometerTells(air, world, bytes, value);
    await world.reads(`/thermometer${TEMPERATURE}`, 22.14);
    await world.reads(`/actuator${ON_OFF}`, false);
    await air.vanish();
    await world.refuses(`/thermometer${TEMPERATURE}`, /./);
    await assert.rejects(world.write(`/actuator${ON_OFF}`, true));
    await air.comeBack();
    await world.reads(`/thermometer${TEMPERATURE}`, 22.14);
    await tells("d007", 20);
    await world.write(`/actuator${ON_OFF}`, true);
    assert.equal(await air.value(ACTUATOR, SWITCH), "01");
    const lines = await world.logOf((line) => "adapter" in line || "link" in line);
    const away = lines.filter((line) => /unavailable/.test(line));
    assert.ok(away.length > 0 && new Set(away).size === away.length, lines.join("\n"));
  });
}
