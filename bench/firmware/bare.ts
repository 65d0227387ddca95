/**
 * The same bytes over the same transport in a loop, as a script would send them: the image is in memory, a request is made when it is
 * its turn, and the answer is read for where it goes on. Nothing is known of time-outs, repetitions, turns, other devices and restarts.
 */
import { readFile } from "node:fs/promises";
import { Decoder } from "cbor-x";
import { connectAsync } from "mqtt";
import { openRadio } from "../../adapters/ble/radio/open-radio.ts";
import { encodeConsole } from "../../adapters/transfers/smp/console-framing.ts";
import { encodePacket, GROUP, HEADER, IMAGE, OP } from "../../adapters/transfers/smp/packet.ts";
import { SerialPort } from "../../adapters/wires/serial-port.ts";
import { systemClock, systemRandom } from "../../src/clock.ts";
import type { StoredImage } from "../../src/firmware/images.ts";
import { silentLogger } from "../../src/log.ts";
import { ACK, ADDRESS, CHUNK, DATA, MQTT_CHUNK, SMP_CHARACTERISTIC, TOPIC } from "./places.ts";
import { type Took, timed } from "./took.ts";

const NEW_LINE = 0x0a;
/** What a line of a packet begins with. */
const MARK = 2;
/** Around a packet: its length before, a checksum behind. */
const LENGTH = 2;
const CRC = 2;
const LIMIT = 10_000;
const decoder = new Decoder({ mapsAsObjects: true, useRecords: false });

export async function overSerial(path: string, image: StoredImage): Promise<Took> {
  const { answer, answered } = answers<number>();
  let held = Buffer.alloc(0);
  // An answer is one line.
  const onData = (chunk: Uint8Array): void => {
    held = Buffer.concat([held, chunk]);
    const end = held.indexOf(NEW_LINE);
    if (end < 0) return;
    const packet = Buffer.from(held.toString("latin1", MARK, end), "base64").subarray(LENGTH, -CRC);
    held = held.subarray(end + 1);
    answered(nextIn(packet));
  };
  const settings = { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1 } as const;
  const listener = { onData, onLost() {} };
  const port = await SerialPort.open(path, settings, listener, new AbortController().signal);
  const took = await timed(() =>
    uploaded(image, async (packet) => {
      const next = answer();
      await port.write(encodeConsole(packet));
      return next;
    }),
  );
  port.close();
  return took;
}

export async function overBle(path: string, image: StoredImage): Promise<Took> {
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
  const { answer, answered } = answers<number>();
  // An answer is one notification.
  await connection.subscribe(smp, (packet) => answered(nextIn(packet)));
  const took = await timed(() =>
    uploaded(image, async (packet) => {
      const next = answer();
      await connection.write(smp, packet, { response: false });
      return next;
    }),
  );
  await radio.close();
  return took;
}

export async function overMqtt(port: number, image: StoredImage): Promise<Took> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
  const { answer, answered } = answers<number>();
  client.on("message", (_, payload) => answered(JSON.parse(payload.toString()).next));
  await client.subscribeAsync(ACK, { qos: 1 });
  const said = (topic: string, payload: Buffer | string): Promise<number> => {
    const next = answer();
    client.publish(topic, payload, { qos: 1 });
    return next;
  };
  const took = await timed(async () => {
    const whole = await readFile(image.file);
    let offset = await said(`${TOPIC}/begin`, JSON.stringify({ size: image.size }));
    while (offset < image.size)
      offset = await said(`${DATA}/${offset}`, whole.subarray(offset, Math.min(image.size, offset + MQTT_CHUNK)));
  });
  await client.endAsync();
  return took;
}

/** `exchange` sends a packet, and resolves to the byte that the device wants next. */
async function uploaded(image: StoredImage, exchange: (packet: Uint8Array) => Promise<number>): Promise<void> {
  const whole = await readFile(image.file);
  const { size: len, sha256: sha } = image;
  const common = { op: OP.write, version: 1, group: GROUP.image, command: IMAGE.upload };
  for (let off = 0, sequence = 0; off < len; sequence = (sequence + 1) & 0xff) {
    const data = whole.subarray(off, Math.min(len, off + CHUNK));
    off = await exchange(
      encodePacket({ ...common, sequence, body: { ...(off === 0 ? { len, sha } : {}), off, data } }),
    );
  }
}

function nextIn(packet: Uint8Array): number {
  return decoder.decode(packet.subarray(HEADER)).off;
}

/** One is awaited at a time. */
function answers<T>(): { readonly answer: () => Promise<T>; readonly answered: (one: T) => void } {
  let settle = (_: T): void => {};
  const answer = (): Promise<T> =>
    new Promise<T>((resolve) => {
      settle = resolve;
    });
  return { answer, answered: (one) => settle(one) };
}
