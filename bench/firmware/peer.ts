/**
 * A device that takes images as fast as they come and keeps nothing of them: `node peer.ts serial PATH | ble PATH | mqtt PORT`. Prints a
 * line once it can be reached.
 */
import { Decoder } from "cbor-x";
import { connectAsync } from "mqtt";
import { advertisingData } from "../../adapters/ble/emulator/advertising-data.ts";
import { Controller } from "../../adapters/ble/emulator/controller.ts";
import { ConsoleReader, encodeConsole } from "../../adapters/transfers/smp/console-framing.ts";
import { encodePacket, GROUP, HEADER, IMAGE, OS } from "../../adapters/transfers/smp/packet.ts";
import { playOnPty } from "../../adapters/wires/played-port.ts";
import { systemClock, systemRandom } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { ACK, ADDRESS, BUFFER, DATA, SMP_CHARACTERISTIC, SMP_SERVICE, VERSION } from "./places.ts";

const context = { clock: systemClock, random: systemRandom, log: silentLogger };
const decoder = new Decoder({ mapsAsObjects: true, useRecords: false });

function answerTo(packet: Uint8Array): Uint8Array {
  const view = Buffer.from(packet.buffer, packet.byteOffset, packet.length);
  const [group, sequence = 0, command = 0] = [view.readUInt16BE(4), view[6], view[7]];
  const { off = 0, data } = decoder.decode(view.subarray(HEADER));
  const isUpload = group === GROUP.image && command === IMAGE.upload;
  const isSizes = group === GROUP.os && command === OS.parameters;
  const body = isUpload ? { off: off + data.length } : isSizes ? { buf_size: BUFFER, buf_count: 4 } : { images: [] };
  return encodePacket({ op: ((view[0] ?? 0) & 7) + 1, version: 1, group, sequence, command, body });
}

async function serial(path: string): Promise<void> {
  const play = (send: (bytes: Uint8Array) => void) => {
    const reader = new ConsoleReader(BUFFER);
    const push = (bytes: Uint8Array): undefined => {
      for (const packet of reader.push(bytes)) send(encodeConsole(answerTo(packet)));
    };
    return { push, close() {} };
  };
  await playOnPty({ kind: "pty", path }, play, context);
}

async function ble(path: string): Promise<void> {
  const controller = new Controller({}, context);
  let held = Buffer.alloc(0);
  const take = (bytes: Uint8Array): undefined => {
    held = Buffer.concat([held, bytes]);
    if (held.length < HEADER || held.length < HEADER + held.readUInt16BE(2)) return;
    const packet = held;
    held = Buffer.alloc(0);
    characteristic.notify(answerTo(packet));
  };
  const peripheral = controller.add({
    ...{ address: ADDRESS, addressType: "random" },
    advertising: { data: advertisingData({ flags: true }), interval: 100 },
    services: [
      {
        uuid: SMP_SERVICE,
        characteristics: [
          { uuid: SMP_CHARACTERISTIC, properties: ["write-without-response", "notify"], onWrite: take },
        ],
      },
    ],
  });
  const characteristic = peripheral.characteristic(SMP_CHARACTERISTIC);
  await playOnPty({ kind: "pty", path }, (send) => controller.attach(send), context);
}

async function mqtt(port: string): Promise<void> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
  client.on("message", (topic, payload) => {
    const isBegin = topic.endsWith("/begin");
    const next = isBegin ? 0 : Number(topic.slice(DATA.length + 1)) + payload.length;
    if (isBegin) size = JSON.parse(payload.toString()).size;
    client.publish(ACK, JSON.stringify(next < size ? { next } : { next, state: "done" }));
  });
  let size = Number.POSITIVE_INFINITY;
  await client.subscribeAsync([`${DATA}/#`, DATA.replace(/data$/, "begin")]);
  // Who asks for it need not wait until it says so by itself.
  await client.publishAsync(VERSION, "1", { retain: true });
}

const [kind = "", where = ""] = process.argv.slice(2);
await (kind === "serial" ? serial(where) : kind === "ble" ? ble(where) : mqtt(where));
process.stdout.write("ready\n");
