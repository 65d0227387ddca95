/** A device with an SMP server that we did not write, on each kind of link, and the gateway's end of it. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Controller } from "../../../adapters/ble/emulator/controller.ts";
import type { Peripheral } from "../../../adapters/ble/emulator/peripheral.ts";
import { ble } from "../../../adapters/ble/index.ts";
import { serial } from "../../../adapters/serial/index.ts";
import type { AdapterContext, AdapterModule, DeviceLink, FirmwareImage, Transfer } from "../../../src/adapter.ts";
import { systemClock, systemRandom } from "../../../src/clock.ts";
import { silentLogger } from "../../../src/log.ts";
import { aBleController } from "../../support/ble-controller.ts";
import { aPtyPair } from "../../support/pty-pair.ts";
import { anSmpPeripheral } from "../../support/smp-peripheral.ts";
import { findSmpPython, SmpServer } from "./smp-server.ts";

export const KINDS = ["console", "raw", "ble"] as const;
export type SmpKind = (typeof KINDS)[number];

/** How the gateway reaches the device: what another process needs for it, too. */
export interface Reach {
  readonly adapter: "serial" | "ble";
  readonly type: string;
  readonly link: Readonly<Record<string, unknown>>;
  readonly section: Readonly<Record<string, unknown>>;
  readonly transfer: Readonly<Record<string, unknown>>;
}

export interface SmpDevice {
  readonly server: SmpServer;
  readonly reach: Reach;
  /** The connection is lost, if it has one. */
  drop(): void;
}

/** For what only a device on the radio can. */
export interface BleSmpDevice extends SmpDevice {
  readonly controller: Controller;
  readonly peripheral: Peripheral;
}

const ADDRESS = "f0:00:00:00:00:01";

/** Undefined, the test being skipped, where something is missing. */
export async function aDevice(t: TestContext, kind: SmpKind): Promise<SmpDevice | undefined> {
  if (kind === "ble") return aBleDevice(t);
  const python = findSmpPython(t);
  return python === undefined ? undefined : aSerialDevice(t, python, kind);
}

async function aSerialDevice(t: TestContext, python: string, kind: "console" | "raw"): Promise<SmpDevice | undefined> {
  const pty = await aPtyPair(t);
  if (pty === undefined) return undefined;
  const server = new SmpServer(t, python, [kind, pty.theirs]);
  await server.told(({ ready }) => ready === true);
  return {
    server,
    reach: {
      ...{ adapter: "serial", type: "serial", link: { port: pty.ours, line: "115200-8N1" } },
      ...{ section: { frame: { end: "\n" } }, transfer: { transport: kind } },
    },
    drop() {},
  };
}

/** Undefined, the test being skipped, where something is missing. */
export async function aBleDevice(t: TestContext): Promise<BleSmpDevice | undefined> {
  const python = findSmpPython(t);
  if (python === undefined) return undefined;
  const serialController = await aBleController(t);
  if (serialController === undefined) return undefined;
  const server = new SmpServer(t, python, ["tcp"]);
  const { port = 0 } = await server.told((news) => news.port !== undefined);
  const { controller } = serialController;
  const { peripheral, close } = await anSmpPeripheral(controller, ADDRESS, port);
  t.after(close);
  return {
    ...{ server, controller, peripheral },
    reach: {
      ...{ adapter: "ble", type: "ble", link: { backend: "hci-uart", port: serialController.port } },
      ...{ section: { match: { address: ADDRESS } }, transfer: {} },
    },
    drop: () => peripheral.drop(0x13),
  };
}

/** The gateway's end: begins with images, each a new transfer. */
export interface GatewayEnd {
  begin(image: FirmwareImage, keys?: Readonly<Record<string, unknown>>): Promise<Transfer>;
  close(): Promise<void>;
}

export async function aGatewayEnd({ adapter, type, link: options, section, transfer }: Reach): Promise<GatewayEnd> {
  const module: AdapterModule = adapter === "serial" ? (serial as AdapterModule) : (ble as AdapterModule);
  const context: AdapterContext = { clock: systemClock, random: systemRandom, log: silentLogger, linkId: "link" };
  const link = await module.open(module.linkTypes[type]?.parse(options), context);
  const listener = { onReadings() {}, onReachable() {} };
  const device: DeviceLink = await link.attach(module.device.parse(section), new Map(), listener);
  const { smp: way = assert.fail("there is no way smp") } = module.firmware ?? {};
  return {
    begin: (image, keys = {}) => {
      const asked = { way: "smp", options: way.transfer.parse({ ...transfer, ...keys }), image, job: "job-1" };
      return device.transfer?.(asked) ?? assert.fail("there are no transfers");
    },
    close: () => link.close(),
  };
}
