import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { modbus } from "../../adapters/modbus/index.ts";
import { tcpOptionsSchema } from "../../adapters/modbus/options.ts";
import type { DeviceLink } from "../../src/adapter.ts";
import { SECOND } from "../../src/clock.ts";
import type { DeviceErrorKind } from "../../src/errors.ts";
import { FakeClock, settle, settleUntil } from "./fake-clock.ts";
import { aContext, pointsOf } from "./modbus-device.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";
import { type Behaviour, ScriptedSlave } from "./scripted-slave.ts";

const KEYS = { level: { input: 0, length: 4 }, running: { coil: 0, write: true } };

/** Devices of the adapter at a port, one for each unit, and what they and the log say. The clock stands still. */
export async function aDevice(t: TestContext, port: number, units: readonly number[] = [1], host = "127.0.0.1") {
  const clock = new FakeClock();
  const lines: LogLine[] = [];
  const heard: boolean[] = [];
  const options = tcpOptionsSchema.parse({ host, port });
  const link = await modbus.open(options, aContext({ clock, log: recordingLogger(lines) }));
  t.after(() => link.close());
  const devices = await Promise.all(
    units.map((unit_id) => {
      const section = modbus.device.parse({ unit_id });
      const onReachable = (reachable: boolean): void => void heard.push(reachable);
      return link.attach(section, pointsOf(KEYS, section), { onReadings() {}, onReachable });
    }),
  );
  const logged = (): string[] => lines.filter(({ level }) => level !== "debug").map(({ message }) => message);
  return { clock, device: devices[0] as DeviceLink, devices, heard, logged, link };
}

/** A slave that meets the first requests with this script, and a device of the adapter at it. */
export async function aHostileSlave(t: TestContext, ...script: readonly Behaviour[]) {
  const slave = await ScriptedSlave.listen();
  t.after(() => slave.close());
  slave.next(...script);
  return { slave, ...(await aDevice(t, slave.port)) };
}

/** The point `level`: two input registers from 0 on. */
export const level = async (device: DeviceLink): Promise<unknown> => (await device.read(["level"])).readings[0]?.value;
export const ZEROS = new Uint8Array(4);

/** The point `level` is refused, or the read rejects, with these words. */
export async function fails(device: DeviceLink, kind: DeviceErrorKind, message: RegExp): Promise<void> {
  const { refused } = await device.read(["level"]).catch((error: unknown) => {
    assert.ok(error instanceof Error && "kind" in error);
    assert.equal(error.kind, kind);
    return { refused: [{ point: "level", reason: error.message }] };
  });
  assert.match(refused[0]?.reason ?? "", message);
}

/** Lets the next request run into its timeout. */
export async function timesOut(slave: ScriptedSlave, device: DeviceLink, clock: FakeClock): Promise<void> {
  const before = slave.requests.length;
  const failed = assert.rejects(device.read(["level"]), { kind: "unreachable", message: /no answer within 1s/ });
  await slave.received(before + 1);
  await settle();
  await clock.advance(SECOND);
  await failed;
}

/** Waits for the pause to be planned, lets it pass, and for the new connection. */
export async function reconnects(slave: ScriptedSlave, clock: FakeClock, connections: number): Promise<void> {
  await settleUntil("a pause is planned", () => clock.next !== undefined);
  await clock.advance(1250);
  await slave.connected(connections);
}
