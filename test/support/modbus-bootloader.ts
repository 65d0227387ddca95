/** Devices that take images over Modbus, played by a slave that frames by itself. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { modbus } from "../../adapters/modbus/index.ts";
import { tcpOptionsSchema } from "../../adapters/modbus/options.ts";
import type { DeviceLink, FirmwareImage, Transfer } from "../../src/adapter.ts";
import { settleUntil } from "./fake-clock.ts";
import { aContext } from "./modbus-device.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";
import { type Behaviour, frame, ScriptedSlave, type SlaveRequest } from "./scripted-slave.ts";

type Answer = readonly number[] | number | undefined;

/** An exception code, the PDU of an answer, or nothing at all. */
export type Played = (pdu: Buffer, unit: number) => Answer;

export interface FileStore {
  /** Registers by file and record. */
  readonly records: Map<string, number>;
  readonly answer: Played;
}

/** Files with so many registers each, in all at most `room`. */
export function aFileStore({ perFile = 10_000, room = Infinity } = {}): FileStore {
  const records = new Map<string, number>();
  const answer: Played = (pdu) => {
    const [file, record] = [pdu.readUInt16BE(3), pdu.readUInt16BE(5)];
    const count = pdu.readUInt16BE(7);
    if (record + count > perFile) return 2;
    const keys = Array.from({ length: count }, (_, i) => `${file}.${record + i}`);
    switch (pdu[0]) {
      case 20: {
        const values = keys.map((key) => records.get(key));
        if (values.includes(undefined)) return 2;
        const data = values.flatMap((value = 0) => [value >> 8, value & 0xff]);
        return [20, data.length + 2, data.length + 1, 6, ...data];
      }
      case 21:
        if (records.size + keys.filter((key) => !records.has(key)).length > room) return 2;
        for (const [i, key] of keys.entries()) records.set(key, pdu.readUInt16BE(9 + 2 * i));
        return [...pdu];
      default:
        return 1;
    }
  };
  return { records, answer };
}

/** What lies in the files one after the other, as bytes. */
export function bytesOf(records: ReadonlyMap<string, number>): Buffer {
  const number = (key: string): number => Number(key.split(".")[0]) * 100_000 + Number(key.split(".")[1]);
  const sorted = [...records].sort(([a], [b]) => number(a) - number(b));
  return Buffer.from(sorted.flatMap(([, value]) => [value >> 8, value & 0xff]));
}

export interface ModbusWorld {
  readonly slave: ScriptedSlave;
  readonly device: DeviceLink;
  readonly log: LogLine[];
  /** What the slave does; a test may change it. */
  played: Played;
  begin(via: string, image: FirmwareImage, keys: object, cookie?: string): Promise<Transfer>;
}

export async function aModbusWorld(t: TestContext, played: Played): Promise<ModbusWorld> {
  const slave = await ScriptedSlave.listen();
  t.after(() => slave.close());
  const log: LogLine[] = [];
  const link = await modbus.open(
    tcpOptionsSchema.parse({ host: "127.0.0.1", port: slave.port, timeout: "5s", reconnect: "10ms" }),
    aContext({ log: recordingLogger(log) }),
  );
  t.after(() => link.close());
  const section = modbus.device.parse({ unit_id: 1 });
  const device: DeviceLink = await link.attach(section, new Map(), { onReadings() {}, onReachable() {} });
  await settleUntil("the line", () => link.report?.().lines[0]?.open === true);
  const begin = async (via: string, image: FirmwareImage, keys: object, cookie?: string): Promise<Transfer> => {
    const way = modbus.firmware?.[via] ?? assert.fail(via);
    const options = way.transfer.parse(keys);
    assert.equal(way.fault?.(options, section), undefined);
    const context = { way: via, options, image, job: "j1", ...(cookie === undefined ? {} : { cookie }) };
    const transfer = await device.transfer?.(context);
    assert.ok(transfer !== undefined);
    t.after(() => transfer.close());
    return transfer;
  };
  const world = { slave, device, log, played, begin };
  slave.otherwise = behaviour(() => world.played);
  return world;
}

function behaviour(played: () => Played): Behaviour {
  return (request: SlaveRequest, socket) => {
    const answer = played()(request.pdu, request.unit);
    if (answer === undefined) return;
    const pdu = typeof answer === "number" ? [(request.pdu[0] ?? 0) | 0x80, answer] : answer;
    socket.write(frame(request, ...pdu));
  };
}

/** What a transfer tells, in order. */
export function progress(act: (offset: number) => void = () => {}) {
  const offsets: number[] = [];
  const cookies: string[] = [];
  return {
    offsets,
    cookies,
    onCookie: (cookie: string) => void cookies.push(cookie),
    onAcknowledged: (offset: number): void => {
      offsets.push(offset);
      act(offset);
    },
  };
}
