/** Modbus slaves that feeder.yaml describes, with their values in the hands of the tests. */
import { aDeviceOf, bytes } from "../../support/modbus-device.ts";

const POINTS = {
  serial: { holding: 9 },
  power: { input: 0, length: 4 },
  energy: { input: 2, length: 4 },
  counter: { input: 4 },
  reset: { holding: 60, write: true },
  on: { coil: 0, write: true },
  dimmer: { holding: 0, write: true },
  closed: { discrete: 0 },
} as const;

export type FeederSlave = ReturnType<typeof aDeviceOf>;

export class Feeder {
  readonly slave: FeederSlave;

  /** `unitId` is its serial number, too; its energy is that many kWh. */
  constructor(unitId: number) {
    this.slave = aDeviceOf(POINTS, { section: { unit_id: unitId } });
    const { values } = this.slave;
    values.set("serial", word(unitId)).set("counter", word(7)).set("reset", word(0)).set("dimmer", word(40));
    values
      .set("on", false)
      .set("closed", true)
      .set("energy", float32(1000 * unitId));
    this.setPower(100 * unitId);
  }

  /** In watts. */
  setPower(value: number): void {
    this.slave.values.set("power", float32(value));
  }

  /** Its auxiliary contact. */
  setClosed(closed: boolean): void {
    this.slave.values.set("closed", closed);
  }

  /** How often its contact has opened and closed. */
  setCounter(count: number): void {
    this.slave.values.set("counter", word(count));
  }

  get dimmer(): number {
    return this.read("dimmer");
  }

  /** How its energy was reset: the register that says so. */
  get reset(): number {
    return this.read("reset");
  }

  private read(point: "dimmer" | "reset"): number {
    const value = this.slave.values.get(point);
    return value instanceof Uint8Array ? Buffer.from(value).readUInt16BE() : Number.NaN;
  }
}

function word(value: number): Uint8Array {
  return bytes(value.toString(16).padStart(4, "0"));
}

function float32(value: number): Uint8Array {
  const raw = new DataView(new ArrayBuffer(4));
  raw.setFloat32(0, value);
  return new Uint8Array(raw.buffer);
}
