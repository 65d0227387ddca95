/**
 * BlueZ without a radio: a private dbus-daemon, and on it a fake org.bluez, written in Python over libdbus, so that nothing of it is
 * shared with what is tested. See bluez/fake_bluez.py.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { AddressType, Property } from "../../adapters/ble/radio/radio.ts";
import { skipFor } from "./foreign-tool.ts";
import { JsonChild } from "./json-child.ts";
import { aPrivateBus } from "./private-bus.ts";

const PROGRAM = fileURLToPath(new URL("bluez/fake_bluez.py", import.meta.url));
/** Debian's, since its packages of Python are there for no other. */
const PYTHON = "/usr/bin/python3";
const HOW_TO_GET_IT = "apt-get install -y python3-dbus python3-gi";

export interface FakeCharacteristic {
  readonly uuid: string;
  readonly properties: readonly Property[];
  /** In hexadecimal digits. */
  readonly value?: string;
}

export interface FakePeripheral {
  /** "a4:c1:38:8f:19:e9" */
  readonly address: string;
  readonly addressType?: AddressType;
  readonly services?: readonly { readonly uuid: string; readonly characteristics: readonly FakeCharacteristic[] }[];
  /** ATT_MTU once connected; default 247. */
  readonly mtu?: number;
  /** Nobody answers a Connect: it fails after `patience`, in milliseconds (BlueZ: 20 s). */
  readonly absent?: boolean;
  readonly patience?: number;
  /** How long bluetoothd looks for services, in milliseconds; default 5. */
  readonly resolve?: number;
}

/** Bytes in hexadecimal digits. */
export interface FakeAdvertisement {
  readonly rssi?: number;
  readonly name?: string;
  readonly services?: readonly string[];
  readonly serviceData?: Readonly<Record<string, string>>;
  readonly manufacturerData?: Readonly<Record<number, string>>;
}

/** A call of a client, e.g. ReadValue. */
export interface BluezCall {
  readonly call: string;
  readonly path: string;
  readonly args: readonly unknown[];
}

/** What is to become of a call in place of what it asks for. */
export type BluezFault =
  | "hang"
  /** The code of an ATT error, as BlueZ tells it. */
  | { readonly att: number }
  /** e.g. ["Failed", "le-connection-abort-by-local"], below org.bluez.Error */
  | { readonly error: readonly [name: string, text: string] }
  /** What it asks for, so many milliseconds later. */
  | { readonly delay: number };

/** A bluetoothd with the adapter hci0, powered; undefined, the test being skipped, where something that it needs is missing. */
export async function aFakeBluez(t: TestContext, policy?: string): Promise<FakeBluez | undefined> {
  if (!hasPythonDbus(t)) return undefined;
  const bus = await aPrivateBus(t, policy);
  if (bus === undefined) return undefined;
  const bluez = new FakeBluez(t, bus);
  await bluez.start();
  await bluez.addAdapter("hci0");
  return bluez;
}

function hasPythonDbus(t: TestContext): boolean {
  if (existsSync(PYTHON) && spawnSync(PYTHON, ["-c", "import dbus, gi"]).status === 0) return true;
  skipFor(t, `${PYTHON} has no packages dbus and gi: ${HOW_TO_GET_IT}`);
  return false;
}

export class FakeBluez {
  /** For DBUS_SYSTEM_BUS_ADDRESS of whoever is to see it. */
  readonly bus: string;
  /** What clients called, since the test began. */
  readonly calls: BluezCall[] = [];
  private readonly t: TestContext;
  private daemon: JsonChild | undefined;
  private readonly characteristics = new Map<string, string>();
  private watchers: (() => void)[] = [];

  constructor(t: TestContext, bus: string) {
    this.t = t;
    this.bus = bus;
  }

  /** A bluetoothd that knows nothing: adapters and peripherals are added to it. Resolves when it has its name. */
  async start(): Promise<void> {
    const env = { DBUS_SYSTEM_BUS_ADDRESS: this.bus };
    const onEvent = (event: object): void => {
      if ("call" in event) this.onCall(event as BluezCall);
    };
    this.daemon = await JsonChild.start(this.t, [PYTHON, PROGRAM], { env, onEvent });
  }

  /** It is killed: its name is nobody's until it is started again. */
  async kill(): Promise<void> {
    const { daemon } = this;
    this.daemon = undefined;
    await daemon?.kill();
  }

  /** It answers nothing until it is let go on. */
  freeze(): void {
    this.daemon?.freeze();
  }

  thaw(): void {
    this.daemon?.thaw();
  }

  /** `connections`: how many its controller can have at once. */
  async addAdapter(name: string, { powered = true, connections = 8 } = {}): Promise<void> {
    await this.ask("adapter", { name, address: "00:1A:7D:DA:71:11", powered, connections });
  }

  /** Pulled: its devices go with it. */
  async removeAdapter(name: string): Promise<void> {
    await this.ask("no_adapter", { name });
  }

  async power(name: string, on: boolean): Promise<void> {
    await this.ask("power", { name, on });
  }

  /** There is one; bluetoothd knows of it once it advertises. Again: as this says from now on. */
  async addPeripheral(peripheral: FakePeripheral, adapter = "hci0"): Promise<void> {
    const { services = [], mtu = 247, absent = false, patience = 20_000, resolve = 5 } = peripheral;
    const path = devicePath(peripheral.address, adapter);
    const described = services.map(({ uuid, characteristics }) => ({
      uuid,
      characteristics: characteristics.map(({ value = "", properties, uuid: own }) => ({
        ...{ uuid: own, flags: properties, value },
      })),
    }));
    const paths = await this.ask("device", { path, services: described, mtu, absent, patience, resolve });
    const keys = services.flatMap(({ uuid, characteristics }) => characteristics.map((one) => `${uuid}/${one.uuid}`));
    for (const [i, at] of (paths as readonly string[]).entries()) {
      this.characteristics.set(`${peripheral.address} ${keys[i]}`, at);
    }
  }

  /** False where nobody scans: then it is lost. */
  async advertise(peripheral: FakePeripheral, advertisement: FakeAdvertisement, adapter = "hci0"): Promise<boolean> {
    const { address, addressType = "random" } = peripheral;
    const heard = { ...advertisement, addressType };
    return (await this.ask("advertise", { path: devicePath(address, adapter), advertisement: heard })) === true;
  }

  /** As bluetoothd does a while after it was heard last. */
  async forget(address: string, adapter = "hci0"): Promise<void> {
    await this.ask("forget", { path: devicePath(address, adapter) });
  }

  /** The link is lost. */
  async drop(address: string, adapter = "hci0"): Promise<void> {
    await this.ask("drop", { path: devicePath(address, adapter) });
  }

  /** A notification, or an indication; false where nobody wants it. `characteristic`: "181a/2a6e". */
  async notify(address: string, characteristic: string, value: string): Promise<boolean> {
    return (await this.ask("notify", { path: this.characteristic(address, characteristic), value })) === true;
  }

  /** What it answers from now on. */
  async setValue(address: string, characteristic: string, value: string): Promise<void> {
    await this.ask("value", { path: this.characteristic(address, characteristic), value });
  }

  /** What it holds, in hexadecimal digits; null where it is not there. */
  async value(address: string, characteristic: string): Promise<unknown> {
    const path = this.characteristic(address, characteristic);
    return this.ask("get", { path, interface: "org.bluez.GattCharacteristic1", name: "Value" });
  }

  async property(address: string, name: string, adapter = "hci0"): Promise<unknown> {
    return this.ask("get", { path: devicePath(address, adapter), interface: "org.bluez.Device1", name });
  }

  async isScanning(adapter = "hci0"): Promise<boolean> {
    const asked = { path: `/org/bluez/${adapter}`, interface: "org.bluez.Adapter1", name: "Discovering" };
    return (await this.ask("get", asked)) === true;
  }

  /**
   * What becomes of the next calls of a member, `times` of them; 0: of all. `of`: "hci0" for those of an adapter, the address of a
   * device, or a characteristic of it: "a4:c1:38:8f:19:e9 181a/2a6e".
   */
  async fault(member: string, of: string, fault: BluezFault, times = 1): Promise<void> {
    const [address = "", characteristic] = of.split(" ");
    const device = address.includes(":") ? devicePath(address, "hci0") : `/org/bluez/${address}`;
    const path = characteristic === undefined ? device : this.characteristic(address, characteristic);
    const none = { hang: false, delay: 0, att: null, error: null };
    const what = fault === "hang" ? { hang: true } : fault;
    await this.ask("rule", { member, path, times: times === 0 ? -1 : times, ...none, ...what });
  }

  async noFaults(): Promise<void> {
    await this.ask("no_rules", {});
  }

  /** Resolves when a call of this member came, now or before; `skip` ones are not counted. */
  async called(member: string, skip = 0): Promise<BluezCall> {
    for (;;) {
      const found = this.calls.filter(({ call }) => call === member)[skip];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.watchers.push(resolve));
    }
  }

  private characteristic(address: string, characteristic: string): string {
    const path = this.characteristics.get(`${address} ${characteristic}`);
    if (path === undefined) throw new Error(`${address} has no characteristic ${characteristic}`);
    return path;
  }

  private ask(name: string, command: object): Promise<unknown> {
    if (this.daemon === undefined) throw new Error("the fake bluetoothd does not run");
    return this.daemon.ask(name, command);
  }

  private onCall(call: BluezCall): void {
    this.calls.push(call);
    for (const wake of this.watchers.splice(0)) wake();
  }
}

function devicePath(address: string, adapter: string): string {
  return `/org/bluez/${adapter}/dev_${address.toUpperCase().replaceAll(":", "_")}`;
}
