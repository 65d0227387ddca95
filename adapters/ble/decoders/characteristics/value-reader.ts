/** The value of a characteristic whose fields follow each other, those that its flags name. */
import type { Decoded, FieldValue } from "../decoder.ts";
import { NO_VALUE, needBytes } from "../parts.ts";
import { FLOAT, type MedicalFloat, readMedicalFloat, SFLOAT } from "./ieee-11073.ts";

export class ValueReader {
  private readonly fields = new Map<string, FieldValue>();
  private readonly bad = new Map<string, string>();
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Each of these throws DeviceError `malformed` where the value is shorter. */
  u8(): number {
    return this.take(1).getUint8(0);
  }

  u16(): number {
    return this.take(2).getUint16(0, true);
  }

  u32(): number {
    return this.take(4).getUint32(0, true);
  }

  float(): number | undefined {
    return this.medical(FLOAT);
  }

  sfloat(): number | undefined {
    return this.medical(SFLOAT);
  }

  /** Date Time (2a08), in the time zone of the device: "2026-05-01T12:30:00"; undefined: the device does not know it. */
  dateTime(): string | undefined {
    const view = this.take(7);
    const [year, month, day] = [view.getUint16(0, true), view.getUint8(2), view.getUint8(3)];
    const time = [4, 5, 6].map((at) => two(view.getUint8(at)));
    return year === 0 || month === 0 || day === 0
      ? undefined
      : `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${time.join(":")}`;
  }

  /** How many bytes are not read yet. */
  rest(): number {
    return this.bytes.length - this.at;
  }

  /** `value` undefined: the device has none. */
  set(name: string, value: FieldValue | undefined): void {
    if (value === undefined) this.bad.set(name, NO_VALUE);
    else this.fields.set(name, value);
  }

  decoded(): Decoded {
    return { fields: this.fields, bad: this.bad };
  }

  private medical(format: MedicalFloat): number | undefined {
    const view = this.take(format.bytes);
    return readMedicalFloat(format, new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  }

  private take(length: number): DataView {
    needBytes(this.bytes, this.at + length, "its value");
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, length);
    this.at += length;
    return view;
  }
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
