/** What may become of a Bluetooth stack: it is killed, hangs, hears garbage, is not there at all; nobody else notices. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type TestContext, test } from "node:test";
import { aFakeBluez } from "../support/fake-bluez.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import { aPrivateBus } from "../support/private-bus.ts";
import { stackProcessOf } from "../support/stack-process.ts";
import { bluezAir } from "./ble/bluez-air.ts";
import { aRoom, aThermometer, IN_YAML, openBleWorld, THERMOMETER } from "./ble/devices.ts";
import { type EmulatedAir, emulatedAir } from "./ble/emulated-air.ts";
import { Neighbour } from "./ble/neighbour.ts";
import type { GatewayWorld } from "./gateway-world.ts";

everyTestIsAgainst("dbus", debianVersion("dbus"));

const LIMIT = { timeout: 120_000 };
const TEMPERATURE = "/thermometer/3303/0/5700";
const ROOM_TEMPERATURE = "/room/3303/0/5700";

interface Scene {
  readonly air: EmulatedAir;
  readonly neighbour: Neighbour;
  readonly world: GatewayWorld;
}

/** A thermometer and a room over the emulator, and beside them a Modbus device; all of them have values. */
async function aScene(t: TestContext): Promise<Scene | undefined> {
  const air = await emulatedAir(t);
  if (air === undefined) return undefined;
  await air.add(aThermometer());
  await air.add(aRoom().device);
  const neighbour = await Neighbour.start(t);
  const devices = [IN_YAML.thermometer, IN_YAML.room];
  const world = await openBleWorld(t, air, { devices, others: neighbour.inGateway });
  await world.reads(TEMPERATURE, 22.14);
  await world.reads(ROOM_TEMPERATURE, 25.06);
  await neighbour.goesOn(world);
  return { air, neighbour, world };
}

/** Away with these words, the neighbour untouched, and back by itself with a value that is new. */
async function comesBack({ air, neighbour, world }: Scene, words: RegExp): Promise<void> {
  await air.setValue(THERMOMETER, "181a/2a6e", "d007");
  await world.refuses(TEMPERATURE, words);
  await neighbour.goesOn(world);
  await world.reads(TEMPERATURE, 20);
  await world.reads(ROOM_TEMPERATURE, 25.06);
  await neighbour.noticedNothing(world);
}

/** The pid of the stack's process. */
async function stackProcess(world: GatewayWorld): Promise<number> {
  for (;;) {
    const pid = stackProcessOf(world.pid);
    if (pid !== undefined) return pid;
    await world.pause();
  }
}

test("the process of the stack is killed", LIMIT, async (t) => {
  const scene = await aScene(t);
  if (scene === undefined) return;
  process.kill(await stackProcess(scene.world), "SIGKILL");
  await comesBack(scene, /SIGKILL|process/);
});

test("the process of the stack hangs", LIMIT, async (t) => {
  const scene = await aScene(t);
  if (scene === undefined) return;
  const hung = await stackProcess(scene.world);
  process.kill(hung, "SIGSTOP");
  await comesBack(scene, /./);
});

test("the controller hangs", LIMIT, async (t) => {
  const scene = await aScene(t);
  if (scene === undefined) return;
  const { controller } = scene.air.serial;
  controller.silent = true;
  await scene.air.setValue(THERMOMETER, "181a/2a6e", "d007");
  await scene.world.refuses(TEMPERATURE, /./);
  await scene.neighbour.goesOn(scene.world);
  controller.silent = false;
  await scene.world.reads(TEMPERATURE, 20);
  await scene.neighbour.noticedNothing(scene.world);
});

test("the controller says garbage, events that are cut, events that lie about their length", LIMIT, async (t) => {
  const scene = await aScene(t);
  if (scene === undefined) return;
  const { air, world, neighbour } = scene;
  const { controller } = air.serial;
  /** H4 event packets: type, event code, length, parameters. */
  const events = [
    "04 3e 02 02 01", // an advertising report with nothing in it
    "04 3e 0c 02 01 00 00 010203040506 1f 00", // one that is shorter than its data
    "04 3e 01 01", // a connection without anything
    "04 05 00", // a disconnection of nobody
    "04 05 04 00 ff 0f 13", // of a handle that is not there
    "04 13 01 05", // five completed packets, and not one
    "04 0e 00", // a command is complete, but which
    "04 ff 03 010203",
    "02 ff 2f ffff", // data for nobody, of a length that never comes
  ];
  for (let round = 0; round < 20; round++) {
    controller.say(Buffer.from(events[round % events.length]?.replaceAll(/ /g, "") ?? "", "hex"));
    controller.say(randomBytes(1 + 13 * round));
    await world.pause();
  }
  await air.setValue(THERMOMETER, "181a/2a6e", "d007");
  await air.drop(THERMOMETER);
  await world.reads(TEMPERATURE, 20);
  await neighbour.noticedNothing(world);
});

test("bluetoothd is killed and comes back, hangs and goes on", LIMIT, async (t) => {
  const air = await bluezAir(t);
  if (air === undefined) return;
  await air.add(aThermometer());
  const neighbour = await Neighbour.start(t);
  const world = await openBleWorld(t, air, { devices: [IN_YAML.thermometer], others: neighbour.inGateway });
  await world.reads(TEMPERATURE, 22.14);
  await air.vanish();
  await world.refuses(TEMPERATURE, /./);
  await neighbour.goesOn(world);
  await air.comeBack();
  await world.reads(TEMPERATURE, 22.14);
  air.bluez.freeze();
  await world.refuses(TEMPERATURE, /./);
  await neighbour.goesOn(world);
  air.bluez.thaw();
  await air.setValue(THERMOMETER, "181a/2a6e", "d007");
  await world.reads(TEMPERATURE, 20);
  await neighbour.noticedNothing(world);
});

/** As where a group is asked for that the gateway is not in. */
const CLOSED = `<policy context="default">
  <allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/><allow user="*"/>
  <deny send_destination="org.bluez"/>
</policy>`;

const NO_BLUETOOTH = [
  {
    about: "a message bus that does not let it speak with BlueZ",
    link: "{ type: ble",
    bus: async (t: TestContext) => (await aFakeBluez(t, CLOSED))?.bus,
    words: /bluetooth|allow|permi/,
  },
  { about: "no message bus", link: "{ type: ble", bus: async () => "unix:path=/nonexistent/bus", words: /D-Bus|bus/ },
  { about: "a message bus without bluetoothd", link: "{ type: ble", bus: aPrivateBus, words: /bluetoothd|BlueZ/ },
  {
    about: "an adapter that is not there",
    link: "{ type: ble, adapter: hci7",
    bus: async (t: TestContext) => (await aFakeBluez(t))?.bus,
    words: /hci7/,
  },
  {
    about: "a kernel, or a user, without raw Bluetooth",
    link: "{ type: ble, backend: hci-user, adapter: hci9",
    words: /Bluetooth|hci9/,
  },
  {
    about: "a serial port that is not there",
    link: "{ type: ble, backend: hci-uart, port: /nonexistent/hci",
    words: /nonexistent/,
  },
];

for (const { about, link, bus, words } of NO_BLUETOOTH) {
  test(`a machine with ${about}: told once, with what to do, and everything else runs`, LIMIT, async (t) => {
    const address = await bus?.(t);
    if (bus !== undefined && address === undefined) return;
    const neighbour = await Neighbour.start(t);
    const environment = { DBUS_SYSTEM_BUS_ADDRESS: address };
    const world = await openBleWorld(
      t,
      { link, environment },
      { devices: [IN_YAML.room], others: neighbour.inGateway },
    );
    const [line] = await world.printed(/^.*adapter unavailable.*$/m);
    assert.match(line, words);
    await world.refuses(ROOM_TEMPERATURE, words);
    // Long enough for a second attempt, and a third.
    for (let i = 0; i < 3; i++) await neighbour.goesOn(world);
    const lines = await world.logOf(({ msg }) => msg.includes("adapter"));
    assert.equal(lines.length, 1, lines.join("\n"));
  });
}
