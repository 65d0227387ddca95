/** A device that speaks over a UART service, on a link whose adapter and peripheral a test scripts. */
import { BleLink } from "../../adapters/ble/ble-link.ts";
import type { BleDeviceLink } from "../../adapters/ble/device-link.ts";
import { optionsSchema } from "../../adapters/ble/options.ts";
import { pointSchema } from "../../adapters/ble/points.ts";
import type { Property } from "../../adapters/ble/radio/radio.ts";
import { deviceSchema } from "../../adapters/ble/section.ts";
import type { ReadResult } from "../../src/adapter.ts";
import { FakeClock, fakeRandom } from "./fake-clock.ts";
import { recordingLogger } from "./recording-logger.ts";
import { type ScriptedPeripheral, ScriptedRadio } from "./scripted-radio.ts";

export const UART_ADDRESS = "c4:12:34:56:78:9a";
/** Where the device receives, and where it sends. */
export const RX = "6e400002-b5a3-f393-e0a9-e50e24dcca9e";
export const TX = "6e400003-b5a3-f393-e0a9-e50e24dcca9e";
const SERVICE = "6e400001-b5a3-f393-e0a9-e50e24dcca9e";

const SECTION = {
  match: { address: UART_ADDRESS },
  uart: "nordic",
  frame: { end: "\n" },
  requests: {
    temperature: { send: "T?\n", expect: "T=(?<degrees>-?[\\d.]+)", fail: { ERR: "no sensor" }, timeout: "2s" },
    name: { send: "N?\n", expect: "N=(?<name>.*)", timeout: "2s" },
    lamp: { send: "L {value}\n", expect: "OK", timeout: "2s" },
    quiet: { send: "Q\n", answer: false },
  },
  messages: { level: { match: "LEVEL (?<level>\\d+) (?<unit>mm|cm)" } },
};
const POINTS = {
  temperature: { request: "temperature", field: "degrees" },
  name: { request: "name", field: "name" },
  lamp: { request: "lamp", write: true },
  level: { message: "level", field: "level", scale_by: { field: "unit", mm: 0.001, cm: 0.01 } },
  battery: { char: "2a19", length: 1 },
};

export interface UartOptions {
  /** Of the characteristic that is written to. */
  readonly properties?: readonly Property[];
  readonly connect?: "keep" | "poll";
}

export interface UartWorld {
  readonly clock: FakeClock;
  readonly radio: ScriptedRadio;
  readonly peripheral: ScriptedPeripheral;
  readonly device: BleDeviceLink;
  /** What it said by itself: values, and reasons why there is none. */
  readonly said: Record<string, unknown>[];
  /** The peripheral notifies this text. */
  say(text: string): void;
  /** What the peripheral says from now on when it is told something, at once. */
  answering(answers: Readonly<Record<string, string>>): void;
  /** What was written to it, as text. */
  written(): readonly string[];
  /** Reads what is answered while no time passes: values, and reasons why there is none. */
  read(...ids: readonly string[]): Promise<Readonly<Record<string, unknown>>>;
}

export async function aUartWorld(options: UartOptions = {}): Promise<UartWorld> {
  const { properties = ["write-without-response", "write"], connect } = options;
  const clock = new FakeClock();
  const radio = new ScriptedRadio(clock);
  const peripheral = radio.add(UART_ADDRESS, {
    [SERVICE]: { [RX]: { properties }, [TX]: { properties: ["notify"] } },
    "180f": { "2a19": { value: "57" } },
  });
  const context = { clock, random: fakeRandom(), log: recordingLogger([]) };
  const link = new BleLink(radio.open, optionsSchema.parse({ scan: "off" }), context);
  const section = deviceSchema.parse({ ...SECTION, ...(connect === undefined ? {} : { connect }) });
  const points = new Map(
    Object.entries(POINTS).map(([id, keys]) => [id, pointSchema.parse({ ...keys, device: section })] as const),
  );
  const said: Record<string, unknown>[] = [];
  const device = await link.attach(section, points, {
    onReadings: (readings, refused = []) => said.push(plain(readings, refused)),
    onReachable: () => {},
  });
  await clock.advance(0);
  const say = (text: string): void => void peripheral.notify(TX, Buffer.from(text, "latin1").toString("hex"));
  return {
    ...{ clock, radio, peripheral, device, said, say },
    answering: (answers) => {
      peripheral.onWrite = (_, bytes) => say(answers[Buffer.from(bytes).toString("latin1")] ?? "");
    },
    written: () => peripheral.log.filter((line) => line.startsWith("write")).map(writtenText),
    read: async (...ids) => {
      const result = device.read(ids).then(({ readings, refused }) => plain(readings, refused));
      result.catch(() => {});
      await clock.advance(0);
      return result;
    },
  };
}

function plain(readings: ReadResult["readings"], refused: ReadResult["refused"]): Record<string, unknown> {
  const values = readings.map(({ point, value }) => [point, value]);
  return Object.fromEntries([...values, ...refused.map(({ point, reason }) => [point, `none: ${reason}`])]);
}

/** `write 6e40… 543f0a (no response)` is "T?\n (no response)". */
function writtenText(line: string): string {
  const [, , digits = "", ...more] = line.split(" ");
  return [Buffer.from(digits, "hex").toString("latin1"), ...more].join(" ");
}
