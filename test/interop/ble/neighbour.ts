/** A Modbus device of the same gateway, which must notice nothing of what becomes of Bluetooth. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { frame, ScriptedSlave } from "../../support/scripted-slave.ts";
import type { GatewayWorld } from "../gateway-world.ts";
import type { BleSetup } from "./devices.ts";

const VALUE = "/counter/3300/0/5700";
/** So many polls show that it goes on. */
const POLLS = 5;

export class Neighbour {
  private readonly slave: ScriptedSlave;

  private constructor(slave: ScriptedSlave) {
    this.slave = slave;
    // Each answer is the number of the poll.
    slave.otherwise = (request, socket) => {
      const count = slave.requests.length;
      socket.write(frame(request, request.pdu[0] ?? 0, 2, (count >> 8) & 0xff, count & 0xff));
    };
  }

  static async start(t: TestContext): Promise<Neighbour> {
    const slave = await ScriptedSlave.listen();
    t.after(() => slave.close());
    return new Neighbour(slave);
  }

  get inGateway(): NonNullable<BleSetup["others"]> {
    return {
      links: [`bus: { type: modbus-tcp, host: 127.0.0.1, port: ${this.slave.port} }`],
      devices: ["id: counter, mapping: counter, link: bus"],
      mappings: {
        counter: `protocol: modbus
every: { normal: 200ms }
modbus: { unit_id: 1 }
objects:
  3300: { sensor_value: { input: 0, as: u16 } }
`,
      },
    };
  }

  /** Resolves when it has been polled some times more, and the server has the newest of them. */
  async goesOn(world: GatewayWorld): Promise<void> {
    const before = Number(await world.read(VALUE));
    while (Number(await world.read(VALUE)) < before + POLLS) await world.pause();
  }

  /** Ends the gateway: its log has of this device that it came, and nothing else. */
  async noticedNothing(world: GatewayWorld): Promise<void> {
    assert.deepEqual(await world.logOf((line) => line.device === "counter"), ["info the device is online"]);
  }
}
