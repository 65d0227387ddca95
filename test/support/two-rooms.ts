/** Two devices of one type, `dev-0` and `dev-1`, behind one gateway: what the checks of a gateway begin with. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { type AGateway, aGateway, type Setup } from "./a-gateway.ts";
import type { ScriptedServer } from "./scripted-server.ts";

const ROOM = `
format: 1
mapping: room
protocol: modbus
params:
  unit_id: { type: int, range: [1, 247], default: 1 }
modbus: { unit_id: $unit_id }
every: { normal: 1s }
identity: { manufacturer: Example, model: Room }
objects:
  3303:
    0: { sensor_value: { input: 0, as: f32, unit: Cel } }
    1: { sensor_value: { input: 2, as: f32, unit: Cel } }
  3311:
    on/off: { coil: 1, write: true }
    dimmer: { holding: 3, as: u16, unit: "%", accept: [0, 100], write: true }
  3442:
    1120[0]: { holding: 10, as: u16, write: true }
    1120[1]: { holding: 11, as: u16, write: true }
`;

export const DEV_0 = "{ id: dev-0, mapping: room, link: bus, unit_id: 1, stored_objects: [16] }";
export const DEV_1 = "{ id: dev-1, mapping: room, link: bus, unit_id: 2 }";
/** The point, and the path without prefix. */
export const TEMPERATURE = "3303/0/5700";
export const VALUE = `/dev-0/${TEMPERATURE}`;
export const LAMP = "/dev-0/3311/0/5850";

export async function twoRooms(
  t: TestContext,
  servers: readonly string[] = [""],
  others: Pick<Setup, "gateway"> = {},
): Promise<AGateway> {
  return aGateway(t, {
    ...others,
    devices: [DEV_0, DEV_1],
    mappings: { room: ROOM },
    servers,
    prepare: ({ bus }) => {
      for (const [unit, value] of [21, 31].entries()) {
        bus
          .unit(unit + 1)
          .set(TEMPERATURE, value)
          .set("3303/1/5700", value + 1)
          .set("3442/0/1120/0", 7);
      }
    },
  });
}

export function pair({ servers }: AGateway): readonly [ScriptedServer, ScriptedServer] {
  const [one, two] = servers;
  assert.ok(one !== undefined && two !== undefined);
  return [one, two];
}
