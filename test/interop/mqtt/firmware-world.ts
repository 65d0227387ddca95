/** A device made of paho at a mosquitto, and an image on its way to it by the adapter. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { mqtt } from "../../../adapters/mqtt/index.ts";
import type { Transfer, TransferContext } from "../../../src/adapter.ts";
import type { ImageInTest } from "../../support/an-image.ts";
import { Heard } from "../../support/heard.ts";
import { aMosquitto, type Mosquitto } from "../../support/mosquitto.ts";
import { anMqttDevice, anMqttLink } from "../../support/mqtt-world.ts";
import { debianVersion, tellPeer } from "../../support/peer.ts";
import { type RunningProcess, start } from "../../support/process.ts";
import { temporaryDirectory } from "../../support/temp.ts";

export type Kind = "push" | "pull" | "url" | "bridge";

export interface Wishes {
  readonly room?: number;
  readonly magic?: string;
  readonly die_at?: number;
  readonly stuck?: boolean;
  readonly slow?: number;
  readonly chunk?: number;
}

/** What a job has of a transfer, and what it keeps. */
export interface Underway {
  readonly transfer: Transfer;
  readonly acknowledged: Heard<number>;
  readonly listener: Parameters<Transfer["send"]>[1];
  /** The newest. */
  cookie(): string | undefined;
  /** What the process that is killed takes with it: the link, and the transfer. */
  die(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL("firmware_device.py", import.meta.url));
const { XDG_CACHE_HOME = join(homedir(), ".cache") } = process.env;
const FOLDER = join(XDG_CACHE_HOME, "lwm2m-gateway", "paho");

export class FirmwareWorld {
  readonly t: TestContext;
  readonly broker: Mosquitto;
  /** The flash of the device. */
  readonly folder: string;
  private readonly python: string;

  private constructor(t: TestContext, broker: Mosquitto, python: string) {
    this.t = t;
    this.broker = broker;
    this.python = python;
    this.folder = temporaryDirectory(t);
  }

  /** Undefined, the test being skipped, where something is not installed. */
  static async open(t: TestContext): Promise<FirmwareWorld | undefined> {
    const python = findPaho(t);
    if (python === undefined) return undefined;
    const broker = await aMosquitto(t);
    if (broker === undefined) return undefined;
    tellPeer(t, "mosquitto", debianVersion("mosquitto"));
    return new FirmwareWorld(t, broker, python);
  }

  /** Resolves when it listens. */
  async device(kind: Kind, wishes: Wishes = {}): Promise<RunningProcess> {
    const args = [PROGRAM, kind, String(this.broker.port), this.folder, JSON.stringify(wishes)];
    const device = start(this.t, this.python, args, { env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } });
    await device.printed(/^ready$/m);
    return device;
  }

  /** What the device has of the image. */
  get flashed(): Buffer {
    return readFileSync(join(this.folder, "image"));
  }

  /** On a link of its own, as a process of its own would have it. */
  async transfer(
    way: keyof NonNullable<typeof mqtt.firmware>,
    keys: object,
    more: Pick<TransferContext, "image"> & Partial<TransferContext> & { readonly image: ImageInTest },
  ): Promise<Underway> {
    const world = await anMqttLink(this.t, { url: this.broker.url });
    const { device } = await anMqttDevice(world, {}, {});
    const options = mqtt.firmware?.[way]?.transfer.parse(keys);
    let cookie = more.cookie;
    const acknowledged = new Heard<number>();
    const transfer = await device.transfer?.({ job: "job-1", ...more, way, options });
    if (transfer === undefined) throw new Error("devices of MQTT take no image");
    this.t.after(() => transfer.close());
    const listener = {
      onAcknowledged: (offset: number): void => void acknowledged.push(offset),
      onCookie: (text: string): void => {
        cookie = text;
      },
    };
    const die = async (): Promise<void> => {
      await transfer.close();
      await world.link.close();
    };
    return { transfer, acknowledged, listener, cookie: () => cookie, die };
  }
}

function findPaho(t: TestContext): string | undefined {
  for (const python of [join(FOLDER, "bin", "python"), "python3"]) {
    if (python !== "python3" && !existsSync(python)) continue;
    const asked = "from importlib.metadata import version; import paho.mqtt.client; print(version('paho-mqtt'))";
    const { status, stdout } = spawnSync(python, ["-c", asked], { encoding: "utf8" });
    if (status !== 0 || !stdout.startsWith("2.")) continue;
    tellPeer(t, "paho-mqtt", stdout.trim());
    return python;
  }
  tellPeer(t, "paho-mqtt", "?");
  t.skip(`paho-mqtt is not installed: python3 -m venv ${FOLDER} && ${FOLDER}/bin/pip install paho-mqtt==2.1.0`);
  return undefined;
}
