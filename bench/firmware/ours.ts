/**
 * An image sent as the gateway sends it: a job runs it, which keeps how far it is in the real store, through the transfer of a device
 * that is attached. Not here: object 5, and what availability makes of each sign of life.
 */
import { ble } from "../../adapters/ble/index.ts";
import { mqtt } from "../../adapters/mqtt/index.ts";
import { serial } from "../../adapters/serial/index.ts";
import type { AdapterModule, Link, Transfer } from "../../src/adapter.ts";
import { SECOND, systemClock, systemRandom } from "../../src/clock.ts";
import { Attachment } from "../../src/devices/attachment.ts";
import type { StoredImage } from "../../src/firmware/images.ts";
import type { KeptJob } from "../../src/firmware/job.ts";
import { JobRunner } from "../../src/firmware/job-runner.ts";
import type { KeptOwner } from "../../src/firmware/kept-firmware.ts";
import { LinkQueue } from "../../src/firmware/link-queue.ts";
import type { FirmwareTarget } from "../../src/firmware/target.ts";
import { silentLogger } from "../../src/log.ts";
import type { FirmwarePlan } from "../../src/mapping/firmware-plan.ts";
import { ADDRESS, CHUNK, DEVICE, MQTT_CHUNK, TOPIC } from "./places.ts";
import { type Took, timed } from "./took.ts";

export interface Way {
  readonly adapter: AdapterModule;
  readonly type: string;
  readonly link: object;
  readonly section: object;
  readonly way: string;
  readonly transfer: object;
}

export function onSerial(path: string): Way {
  const link = { port: path, line: "115200-8N1" };
  const section = { frame: { end: "\n" } };
  return { adapter: serial as AdapterModule, type: "serial", link, section, way: "smp", transfer: { chunk: CHUNK } };
}

export function onBle(path: string): Way {
  const link = { backend: "hci-uart", port: path };
  const section = { match: { address: ADDRESS } };
  return { adapter: ble as AdapterModule, type: "ble", link, section, way: "smp", transfer: { chunk: CHUNK } };
}

export function onMqtt(port: number): Way {
  const link = { url: `mqtt://127.0.0.1:${port}` };
  const transfer = { topic: TOPIC, chunk: MQTT_CHUNK };
  return { adapter: mqtt as AdapterModule, type: "mqtt", link, section: {}, way: "mqtt-push", transfer };
}

/** From the first byte to when the device has all of it; looking at the device before is not counted. */
export async function send(way: Way, image: StoredImage, kept: KeptOwner): Promise<Took> {
  const { adapter, type, link: keys, section } = way;
  const context = { clock: systemClock, random: systemRandom, log: silentLogger };
  const link = await adapter.open(adapter.linkTypes[type]?.parse(keys), { ...context, linkId: "bench" });
  const attachment = attached(link, adapter.device.parse(section));
  try {
    return await carried(attachment, planOf(way), { image, kept });
  } finally {
    await attachment.close();
    await link.close();
  }
}

function attached(link: Link, device: unknown): Attachment {
  const settings = {
    device,
    points: () => new Map(),
    openLink: async () => link,
    clock: systemClock,
    log: silentLogger,
  };
  return new Attachment(settings, { onReadings() {}, onReachable() {}, onHeard() {}, onFailed() {} });
}

/** By a job, as far as to what waits for Update in the device. */
async function carried(attachment: Attachment, plan: FirmwarePlan, { image, kept }: Load): Promise<Took> {
  let stop = async (): Promise<void> => {};
  const took = new Promise<Took>((resolve, reject) => {
    const target: FirmwareTarget = {
      ...{ id: DEVICE, prefix: DEVICE, link: "bench", plan, online: true },
      hold: () => () => {},
      transfer: async (context) =>
        measured(await attachment.transfer(await attachment.get(), context), resolve, reject),
      invoke: async () => {},
      read: async () => new Map(),
    };
    const context = {
      clock: systemClock,
      log: silentLogger,
      queue: new LinkQueue(),
      window: undefined,
      offers: undefined,
    };
    const runner = new JobRunner(
      {
        ...{ target, image, version: undefined, context: () => context, kept: () => kept.value },
        write: (patch) => kept.change(patch),
        onProgress() {},
        onOver: () => reject(new Error("the job is over")),
      },
      aJob(),
    );
    stop = () => runner.suspend();
    runner.start();
  });
  try {
    return await took;
  } finally {
    await stop();
  }
}

interface Load {
  readonly image: StoredImage;
  readonly kept: KeptOwner;
}

function measured(transfer: Transfer, resolve: (took: Took) => void, reject: (error: unknown) => void): Transfer {
  return {
    probe: () => transfer.probe(),
    send: (offset, listener) => {
      const took = timed(() => transfer.send(offset, listener));
      took.then(resolve, reject);
      return took.then(() => {});
    },
    act: (word) => transfer.act(word),
    abort: () => transfer.abort(),
    close: () => transfer.close(),
  };
}

function planOf({ adapter, way, transfer }: Way): FirmwarePlan {
  return {
    ...{
      via: way,
      transfer: adapter.firmware?.[way]?.transfer.parse(transfer),
      stage: "before-update",
      lock: "device",
    },
    ...{ accept: { maxSize: Number.MAX_SAFE_INTEGER }, version: { kind: "none" }, expect: "changed", retries: 0 },
    ...{ enter: [], activate: [], confirm: [], abort: [], results: new Map() },
    verify: { within: 60 * SECOND, poll: SECOND, settle: 0 },
  };
}

function aJob(): KeptJob {
  return { id: "bench", phase: "waiting", offset: 0, attempts: 0, begun: systemClock.wall() };
}
