/**
 * Devices that publish their state by MQTT, as a process of its own. It writes the packets by itself, many at a time, so that it takes
 * little of the machine: OASIS MQTT 3.1.1 §3.1 (CONNECT) and §3.3 (PUBLISH, QoS 0).
 */
import { connect, type Socket } from "node:net";
import { machineTime } from "./orders.ts";

/** From the benchmark. Each device in turn; then one of its own, the mark, tells `mark` as its temperature. */
export interface PublishOrder {
  readonly count: number;
  readonly mark: number;
  /** Messages a second; absent: as fast as the broker takes them. */
  readonly perSecond?: number;
}

/** To it, once the broker's socket has taken all. */
export interface PublishAnswer {
  /** When the last one left, on the clock that all processes of the machine share. */
  readonly lastAt: number;
}

/** How much is written at once, and how often where there is a rate. */
const BATCH = 500;
const TICK = 5;

const [port = 0, devices = 0] = process.argv.slice(2).map(Number);
let sent = 0;

const socket = connect({ port, host: "127.0.0.1", noDelay: true });
socket.write(packet(0x10, [text("MQTT"), Buffer.from([4, 2, 0, 0]), text("bench-devices")]));
// The CONNACK; nothing else ever comes.
socket.once("data", () => process.send?.("connected"));

process.on("disconnect", () => process.exit());
process.on("message", (order: PublishOrder) => {
  void (order.perSecond === undefined ? asFast(order.count) : paced(order.count, order.perSecond))
    .then(() => written(socket, publish("mark", order.mark)))
    .then(() => process.send?.({ lastAt: machineTime() } satisfies PublishAnswer));
});

async function asFast(count: number): Promise<void> {
  for (let left = count; left > 0; left -= BATCH) await written(socket, batch(Math.min(BATCH, left)));
}

async function paced(count: number, perSecond: number): Promise<void> {
  const since = performance.now();
  for (let done = 0; done < count; ) {
    const due = Math.min(count, Math.floor(((performance.now() - since) * perSecond) / 1000));
    if (due > done) await written(socket, batch(due - done));
    done = due;
    await new Promise((resolve) => setTimeout(resolve, TICK));
  }
}

function batch(count: number): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, () => publish(`climate-${1 + (sent % devices)}`, (sent++ % 4000) / 100)),
  );
}

/** What Zigbee2MQTT tells of a climate sensor. */
function publish(device: string, temperature: number): Buffer {
  const humidity = 40 + (sent % 300) / 10;
  const payload = `{"battery":97,"humidity":${humidity},"linkquality":${60 + (sent % 64)},"temperature":${temperature},"voltage":${2900 + (sent % 100)}}`;
  return packet(0x30, [text(`zigbee2mqtt/${device}`), Buffer.from(payload)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.from([bytes.length >> 8, bytes.length & 0xff, ...bytes]);
}

/** §2.2.3: seven bits of the length a byte. */
function packet(type: number, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = length < 128 ? [type, length] : [type, 0x80 | (length & 0x7f), length >> 7];
  return Buffer.concat([Buffer.from(head), ...parts]);
}

/** Resolves when more may be written. */
function written(target: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (target.write(bytes)) resolve();
    else target.once("drain", resolve);
  });
}
