import type { TestContext } from "node:test";
import { modbus } from "../../adapters/modbus/index.ts";
import { tcpOptionsSchema } from "../../adapters/modbus/options.ts";
import type { DeviceLink } from "../../src/adapter.ts";
import { aContext, pointsOf } from "./modbus-device.ts";

/** The adapter as master of a slave on 127.0.0.1, on the machine's own clock; `keys` are points as a mapping has them. */
export async function aReader(
  t: TestContext,
  port: number,
  keys: Readonly<Record<string, object>>,
  unit_id = 1,
): Promise<DeviceLink> {
  const link = await modbus.open(tcpOptionsSchema.parse({ host: "127.0.0.1", port }), aContext());
  t.after(() => link.close());
  const device = modbus.device.parse({ unit_id });
  return (await link.attach(device, pointsOf(keys, device), { onReadings() {}, onReachable() {} })) as DeviceLink;
}

/** What a device says to a read, by point: bytes as hexadecimal, or why there are none. */
export async function readAll<P extends string>(
  device: DeviceLink,
  ...points: readonly P[]
): Promise<{ readonly [point in P]?: unknown }> {
  const { readings, refused } = await device.read(points);
  const found = new Map<string, unknown>(refused.map(({ point, reason }) => [point, reason]));
  for (const { point, value } of readings) {
    found.set(point, value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value);
  }
  return Object.fromEntries(points.map((point) => [point, found.get(point)])) as { readonly [point in P]?: unknown };
}
