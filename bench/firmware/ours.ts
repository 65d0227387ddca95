/** An image sent by the gateway's adapters, from its file on the disk. Resolves with the milliseconds that it took. */
import { ble } from "../../adapters/ble/index.ts";
import { mqtt } from "../../adapters/mqtt/index.ts";
import { serial } from "../../adapters/serial/index.ts";
import type { AdapterModule, FirmwareImage } from "../../src/adapter.ts";
import { systemClock, systemRandom } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { ADDRESS, CHUNK, MQTT_CHUNK, TOPIC } from "./places.ts";

interface Way {
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

export async function send(
  { adapter, type, link: keys, section, way, transfer }: Way,
  image: FirmwareImage,
): Promise<number> {
  const context = { clock: systemClock, random: systemRandom, log: silentLogger, linkId: "bench" };
  const link = await adapter.open(adapter.linkTypes[type]?.parse(keys), context);
  try {
    const device = await link.attach(adapter.device.parse(section), new Map(), { onReadings() {}, onReachable() {} });
    const options = adapter.firmware?.[way]?.transfer.parse(transfer);
    const begun = await device.transfer?.({ way, options, image, job: "bench" });
    if (begun === undefined) throw new Error(`${type} has no transfers`);
    // Connects, where that takes its time.
    await begun.probe();
    const started = performance.now();
    await begun.send(0, { onAcknowledged() {}, onCookie() {} });
    const took = performance.now() - started;
    await begun.close();
    return took;
  } finally {
    await link.close();
  }
}
