/** The same bytes over the same transport in a loop: what is sent is made before, and an answer is whatever comes. In milliseconds. */
import { connectAsync } from "mqtt";
import { openRadio } from "../../adapters/ble/radio/open-radio.ts";
import { encodeConsole } from "../../adapters/transfers/smp/console-framing.ts";
import { encodePacket, GROUP, IMAGE, OP } from "../../adapters/transfers/smp/packet.ts";
import { SerialPort } from "../../adapters/wires/serial-port.ts";
import type { FirmwareImage } from "../../src/adapter.ts";
import { systemClock, systemRandom } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { ACK, ADDRESS, CHUNK, DATA, MQTT_CHUNK, SMP_CHARACTERISTIC, TOPIC } from "./places.ts";

const NEW_LINE = 0x0a;
const LIMIT = 10_000;

export async function overSerial(path: string, image: FirmwareImage): Promise<number> {
  const lines = (await packetsOf(image)).map(encodeConsole);
  let answered = (): void => {};
  const onData = (chunk: Uint8Array): void => {
    if (chunk.includes(NEW_LINE)) answered();
  };
  const onLost = (): void => {};
  const settings = { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1 } as const;
  const port = await SerialPort.open(path, settings, { onData, onLost }, new AbortController().signal);
  const took = await timed(lines, async (line) => {
    const answer = new Promise<void>((resolve) => {
      answered = resolve;
    });
    await port.write(line);
    await answer;
  });
  port.close();
  return took;
}

export async function overBle(path: string, image: FirmwareImage): Promise<number> {
  const packets = await packetsOf(image);
  const context = { clock: systemClock, random: systemRandom, log: silentLogger };
  let ready = (): void => {};
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const backend = { kind: "hci-uart", port: path, baudRate: 1_000_000 } as const;
  const onState = ({ state }: { readonly state: string }): void => void (state === "ready" && ready());
  const radio = await openRadio({ backend }, { onState, onAdvertisement() {} }, context);
  await isReady;
  const connection = await radio.connect(ADDRESS, { addressType: "random", timeout: LIMIT });
  const all = connection.services.flatMap(({ characteristics }) => characteristics);
  const smp = all.find(({ uuid }) => uuid === SMP_CHARACTERISTIC);
  if (smp === undefined) throw new Error("the device has no SMP service");
  let answered = (): void => {};
  await connection.subscribe(smp, () => answered());
  const took = await timed(packets, async (packet) => {
    const answer = new Promise<void>((resolve) => {
      answered = resolve;
    });
    await connection.write(smp, packet, { response: false });
    await answer;
  });
  await radio.close();
  return took;
}

export async function overMqtt(port: number, image: FirmwareImage): Promise<number> {
  const chunks = await chunksOf(image, MQTT_CHUNK);
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
  let answered = (): void => {};
  client.on("message", () => answered());
  await client.subscribeAsync(ACK, { qos: 1 });
  const said = (topic: string, payload: Uint8Array | string): Promise<void> => {
    const answer = new Promise<void>((resolve) => {
      answered = resolve;
    });
    client.publish(topic, Buffer.from(payload), { qos: 1 });
    return answer;
  };
  await said(`${TOPIC}/begin`, JSON.stringify({ size: image.size }));
  const took = await timed(chunks, ({ offset, data }) => said(`${DATA}/${offset}`, data));
  await client.endAsync();
  return took;
}

async function timed<T>(all: readonly T[], sent: (one: T) => Promise<void>): Promise<number> {
  const started = performance.now();
  for (const one of all) await sent(one);
  return performance.now() - started;
}

async function packetsOf(image: FirmwareImage): Promise<Uint8Array[]> {
  const { size: len, sha256: sha } = image;
  return (await chunksOf(image, CHUNK)).map(({ offset: off, data }, i) => {
    const body = { ...(off === 0 ? { len, sha } : {}), off, data };
    return encodePacket({
      op: OP.write,
      version: 1,
      group: GROUP.image,
      sequence: i & 0xff,
      command: IMAGE.upload,
      body,
    });
  });
}

async function chunksOf(image: FirmwareImage, chunk: number): Promise<{ offset: number; data: Uint8Array }[]> {
  const chunks: { offset: number; data: Uint8Array }[] = [];
  for (let offset = 0; offset < image.size; offset += chunk)
    chunks.push({ offset, data: Uint8Array.from(await image.read(offset, Math.min(chunk, image.size - offset))) });
  return chunks;
}
