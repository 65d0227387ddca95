/** A link over a scripted adapter, and devices on it as the core has them: what they tell is kept. */
import type { TestContext } from "node:test";
import { BleLink } from "../../adapters/ble/ble-link.ts";
import type { BleDeviceLink } from "../../adapters/ble/device-link.ts";
import { ble } from "../../adapters/ble/index.ts";
import { optionsSchema } from "../../adapters/ble/options.ts";
import { type Connectivity, DeviceError, type PointId, type RawValue, SECOND } from "../../src/adapter.ts";
import { FakeClock, fakeRandom } from "./fake-clock.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";
import { ScriptedRadio } from "./scripted-radio.ts";

export interface BleWorld {
  readonly clock: FakeClock;
  readonly radio: ScriptedRadio;
  readonly link: BleLink;
  readonly log: LogLine[];
  /** A device with this section, and points by these keys. */
  attach(section: Record<string, unknown>, resources?: Readonly<Record<PointId, object>>): Promise<BleDeviceInTest>;
}

export interface BleDeviceInTest {
  readonly device: BleDeviceLink;
  /** "3303/0/5700 = a608", "3303/0/5700: why not", "alive", "away: why", "there", "-60 dBm", "90 %". */
  readonly told: string[];
  /** What was told since the last time. */
  news(): readonly string[];
}

/** A link with these keys, closed at the end of the test; the adapter listens. */
export async function aBleLink(t: TestContext, keys: Readonly<Record<string, unknown>> = {}): Promise<BleWorld> {
  const clock = new FakeClock();
  const radio = new ScriptedRadio(clock);
  const log: LogLine[] = [];
  const context = { clock, random: fakeRandom(), log: recordingLogger(log), linkId: "air" };
  const link = new BleLink(radio.open, optionsSchema.parse(keys), context);
  t.after(() => link.close());
  const attach: BleWorld["attach"] = async (section, resources = {}) => {
    const device = ble.device.parse(section);
    const points = new Map(Object.entries(resources).map(([id, point]) => [id, ble.point.parse({ ...point, device })]));
    const told: string[] = [];
    const attached = await link.attach(device, points, {
      onReadings: (readings, refused = []) => {
        for (const { point, value } of readings) told.push(`${point} = ${textOf(value)}`);
        for (const { point, reason } of refused) told.push(`${point}: ${reason}`);
      },
      onReachable: (reachable, reason) => told.push(reachable ? "there" : `away: ${reason}`),
      onHeard: () => told.push("alive"),
      onConnectivity: (connectivity) => told.push(...connectivityTexts(connectivity)),
    });
    await clock.advance(SECOND);
    return { device: attached, told, news: () => told.splice(0) };
  };
  await clock.advance(SECOND);
  return { clock, radio, link, log, attach };
}

/** What becomes of a request while the clock goes on: "done", the readings and refusals of a read, or why not. */
export async function outcome(clock: FakeClock, request: Promise<unknown>): Promise<string> {
  let result: string | undefined;
  request.then(
    () => {
      result = "done";
    },
    (error: unknown) => {
      result = error instanceof DeviceError ? `${error.kind}: ${error.message}` : `bug: ${error}`;
    },
  );
  for (let seconds = 0; result === undefined && seconds < 120; seconds++) await clock.advance(SECOND);
  return result ?? "never";
}

/** "3303/0/5700 = a608", "3303/0/5700: why not". */
export async function readOf({ clock }: BleWorld, device: BleDeviceLink, points: readonly PointId[]): Promise<string> {
  const request = device.read(points);
  const how = await outcome(clock, request);
  if (how !== "done") return how;
  const { readings, refused } = await request;
  const texts = readings.map(({ point, value }) => `${point} = ${textOf(value)}`);
  return [...texts, ...refused.map(({ point, reason }) => `${point}: ${reason}`)].join(", ");
}

function textOf(value: RawValue): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);
}

function connectivityTexts({ rssi, linkQuality }: Connectivity): readonly string[] {
  return [...(rssi === undefined ? [] : [`${rssi} dBm`]), ...(linkQuality === undefined ? [] : [`${linkQuality} %`])];
}
