/** A link to a broker, and devices on it, as the core has them: what they tell is kept. */
import type { TestContext } from "node:test";
import { mqtt } from "../../adapters/mqtt/index.ts";
import { optionsSchema } from "../../adapters/mqtt/options.ts";
import type { Connectivity, DeviceLink, Link, PointId, RawValue } from "../../src/adapter.ts";
import { systemClock, systemRandom } from "../../src/clock.ts";
import { Heard } from "./heard.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";

export type Told =
  | { readonly kind: "value"; readonly point: PointId; readonly value: RawValue; readonly time: number }
  | { readonly kind: "refused"; readonly point: PointId; readonly reason: string }
  | { readonly kind: "reachable"; readonly reachable: boolean; readonly reason: string | undefined }
  | { readonly kind: "alive" }
  | { readonly kind: "connectivity"; readonly connectivity: Connectivity };

export interface MqttWorld {
  readonly link: Link;
  readonly log: Heard<LogLine>;
}

/** Quick to come back. */
const RECONNECT = "20ms..20ms";

/** A link with these keys, closed at the end of the test. */
export async function anMqttLink(t: TestContext, keys: Readonly<Record<string, unknown>>): Promise<MqttWorld> {
  const log = new Heard<LogLine>();
  const options = optionsSchema.parse({ reconnect: RECONNECT, ...keys });
  const context = { clock: systemClock, random: systemRandom, log: recordingLogger(log), linkId: "it" };
  const link = await mqtt.open(options, context);
  t.after(() => link.close());
  return { link, log };
}

export interface MqttDeviceInTest {
  readonly device: DeviceLink;
  readonly told: Heard<Told>;
}

/** A device with this section, and points by these keys. */
export async function anMqttDevice(
  { link }: MqttWorld,
  section: Readonly<Record<string, unknown>>,
  resources: Readonly<Record<PointId, Readonly<Record<string, unknown>>>>,
): Promise<MqttDeviceInTest> {
  const device = mqtt.device.parse(section);
  const points = new Map(
    Object.entries(resources).map(([point, keys]) => [point, mqtt.point.parse({ ...keys, device })]),
  );
  const told = new Heard<Told>();
  const attached = await link.attach(device, points, {
    onReadings: (readings, refused = []) => {
      for (const reading of readings) told.push({ kind: "value", ...reading });
      for (const one of refused) told.push({ kind: "refused", ...one });
    },
    onReachable: (reachable, reason) => told.push({ kind: "reachable", reachable, reason }),
    onHeard: () => told.push({ kind: "alive" }),
    onConnectivity: (connectivity) => told.push({ kind: "connectivity", connectivity }),
  });
  return { device: attached, told };
}

/** The next value of a point. */
export async function valueAtLast(told: Heard<Told>, point: PointId): Promise<RawValue> {
  const found = await told.find((one) => one.kind === "value" && one.point === point);
  return found.kind === "value" ? found.value : false;
}
