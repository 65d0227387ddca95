/** The Modbus slave that every-type.yaml describes, with its values in the hands of the tests. */
import type { RawValue } from "../../../src/adapter.ts";
import { aDeviceOf, bytes } from "../../support/modbus-device.ts";

const POINTS = {
  label: { holding: 0, length: 8, write: true },
  count: { holding: 10, length: 4, write: true },
  level: { holding: 14, length: 4, write: true },
  running: { coil: 0, write: true },
  key: { holding: 20, length: 4, write: true },
  installed: { holding: 24, length: 4, write: true },
  total: { holding: 28, length: 8, write: true },
  input0: { holding: 40, write: true },
  input3: { holding: 41, write: true },
  reset: { holding: 60, write: true },
  measured: { input: 0, length: 8 },
} as const;

export type Point = keyof typeof POINTS;

/** As Leshan shows them, by path. */
export const VALUES = {
  "/26241/0/0": "pump-7",
  "/26241/0/1": "-70000",
  "/26241/0/2": "-0.5",
  "/26241/0/3": true,
  "/26241/0/4": "00ff10a5",
  "/26241/0/5": "2026-01-31T12:00:00Z",
  "/26241/0/6": "18446744073709551615",
  "/26241/0/7/0": "40000",
  "/26241/0/7/3": "3",
  "/26241/0/8": "3:0",
  "/26241/0/10": "230.125",
} as const;

/** The slave of unit 1. */
export class EveryType {
  readonly slave = aDeviceOf(POINTS);

  constructor() {
    const { values } = this.slave;
    values.set("label", bytes("70 75 6d 70 2d 37 00 00")).set("count", bytes("ff fe ee 90"));
    values.set("level", bytes("bf 00 00 00")).set("running", true).set("key", bytes("00 ff 10 a5"));
    values.set("installed", bytes("69 7d ee c0")).set("total", bytes("ff ff ff ff ff ff ff ff"));
    values.set("input0", bytes("9c 40")).set("input3", bytes("00 03")).set("reset", bytes("00 00"));
    this.setMeasured(230.125);
  }

  /** What is in its registers, in hexadecimal; a coil as it is. */
  get(point: Point): string | RawValue | undefined {
    const value = this.slave.values.get(point);
    return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
  }

  setMeasured(value: number): void {
    this.slave.values.set("measured", float64(value));
  }
}

function float64(value: number): Uint8Array {
  const raw = new DataView(new ArrayBuffer(8));
  raw.setFloat64(0, value);
  return new Uint8Array(raw.buffer);
}
