import { type Connect, type Connection, Line, type LineSettings } from "../../adapters/modbus/line.ts";
import type { ReadRequest } from "../../adapters/modbus/pdu.ts";
import { SECOND } from "../../src/clock.ts";
import { DeviceError } from "../../src/errors.ts";
import { FakeClock, fakeRandom, settle } from "./fake-clock.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";

export const READ: ReadRequest = { kind: "read", table: "input", address: 0, count: 1 };
export const ANSWER = Uint8Array.of(0, 1);

interface Sent {
  readonly unit: number;
  readonly pdu: Uint8Array;
  readonly time: number;
  /** With the data of a read; a write is confirmed. */
  readonly answer: (data?: Uint8Array) => void;
  readonly fail: (error: Error) => void;
}

/** A line over a transport that a test plays by hand, on a clock that stands still. */
export function aLine(settings: Partial<LineSettings> = {}) {
  const clock = new FakeClock();
  const lines: LogLine[] = [];
  const sent: Sent[] = [];
  const attempts: { accept(): void; refuse(): void; lose(): void; readonly signal: AbortSignal; destroyed: boolean }[] =
    [];
  const transact = (unit: number, pdu: Uint8Array): Promise<Uint8Array> =>
    new Promise((resolve, fail) => {
      const answer = (data: Uint8Array = ANSWER): void => resolve(responseOf(pdu, data));
      sent.push({ unit, pdu, time: clock.monotonic(), answer, fail });
    });
  const connect: Connect = (signal, onLost) =>
    new Promise((resolve, reject) => {
      const attempt = {
        signal,
        destroyed: false,
        accept: (): void => resolve(connection),
        refuse: () => reject(new Error("connection refused")),
        lose: () => onLost(new DeviceError("unreachable", "connection lost")),
      };
      const connection: Connection = {
        transact,
        destroy: () => {
          attempt.destroyed = true;
        },
      };
      attempts.push(attempt);
    });
  const reconnect = { first: SECOND, longest: 30 * SECOND };
  const context = { clock, log: recordingLogger(lines), random: fakeRandom() };
  const line = new Line(connect, { name: "test", timeout: SECOND, gap: 0, reconnect, ...settings }, context);
  line.start();
  const read = (unit = 1): Promise<Uint8Array> => line.use("read", { unit }, (exchange) => exchange(READ));
  return { clock, line, sent, attempts, read, logged: () => lines.filter(({ level }) => level !== "debug") };
}

function responseOf([code = 0, ...rest]: Uint8Array, data: Uint8Array): Uint8Array {
  return code <= 4 ? Uint8Array.of(code, data.length, ...data) : Uint8Array.of(code, ...rest.slice(0, 4));
}

export async function anOpenLine(settings: Partial<LineSettings> = {}) {
  const line = aLine(settings);
  line.attempts[0]?.accept();
  await settle();
  return line;
}
