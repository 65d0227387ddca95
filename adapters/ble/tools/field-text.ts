/** Fields and bytes as a person reads them. */
import type { FieldKind, FieldValue } from "../decoders/decoder.ts";
import { fieldKind } from "../decoders/index.ts";

/** A number has no more digits than a device can mean. */
export function fieldText(value: FieldValue): string {
  if (value instanceof Uint8Array) return hexText(value, "");
  return typeof value === "number" ? String(Number(value.toPrecision(7))) : String(value);
}

/** "temperature 21.5 Cel, humidity 48 %RH" */
export function fieldsText(fields: ReadonlyMap<string, FieldValue>, kinds: ReadonlyMap<string, FieldKind>): string {
  return [...fields]
    .map(([name, value]) => {
      const unit = fieldKind(kinds, name)?.unit;
      return `${name} ${fieldText(value)}${unit === undefined ? "" : ` ${unit}`}`;
    })
    .join(", ");
}

/** "a6 08" */
export function hexText(bytes: Uint8Array, between = " "): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(between);
}

/** The text that the bytes spell; undefined: they are none that a person could read. */
export function spelled(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString("utf8").replace(/\0+$/, "");
  return text.length < 2 || /[\p{Cc}\p{Cn}\p{Co}\ufffd]/u.test(text) ? undefined : text;
}

/** The numbers that the bytes could be, lowest byte first as the Bluetooth SIG has it: "u16le 2214". */
export function numbersText(bytes: Uint8Array): readonly string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (bytes.length) {
    case 1:
      return [`u8 ${view.getUint8(0)}`];
    case 2:
      return signed("u16le", view.getUint16(0, true), "s16le", view.getInt16(0, true));
    case 4: {
      const float = view.getFloat32(0, true);
      const size = Math.abs(float);
      return [
        ...signed("u32le", view.getUint32(0, true), "s32le", view.getInt32(0, true)),
        ...(size >= 1e-3 && size < 1e7 ? [`f32le ${fieldText(float)}`] : []),
      ];
    }
    default:
      return [];
  }
}

function signed(unsignedName: string, unsigned: number, name: string, value: number): readonly string[] {
  return unsigned === value ? [`${unsignedName} ${unsigned}`] : [`${unsignedName} ${unsigned}`, `${name} ${value}`];
}
