/** The values of TLV as they are read (Core 1.2 §7.5.5, Table C-2). */
import type { ResourceType, Value } from "../sample.ts";
import { knownText } from "./cbor-cursor.ts";
import type { TlvEntry } from "./tlv-bytes.ts";
import { integer, plainBytes, tryUtf8 } from "./value.ts";

/** The values of one payload: one view of it serves them all. */
export class TlvValues {
  readonly payload: Uint8Array;
  private readonly view: DataView;

  constructor(payload: Uint8Array) {
    this.payload = payload;
    this.view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  }

  /** The value of bytes of this type; undefined where no value of the type has such bytes (an integer of 3 or of 0 bytes). */
  read(entry: TlvEntry, type: ResourceType): Value | undefined {
    const { payload, view } = this;
    const { start, end } = entry;
    const length = end - start;
    switch (type) {
      case "string":
      case "corelnk":
        return this.text(start, end);
      case "opaque":
        return this.data(entry);
      case "boolean":
        return length === 1 && (payload[start] === 0 || payload[start] === 1) ? payload[start] === 1 : undefined;
      case "float":
        return length === 4 ? view.getFloat32(start) : length === 8 ? view.getFloat64(start) : undefined;
      case "integer":
      case "time":
        return this.signed(start, length);
      case "unsigned":
        return this.unsigned(start, length);
      case "objlnk":
        return length === 4 ? { object: view.getUint16(start), instance: view.getUint16(start + 2) } : undefined;
    }
  }

  /** Bytes of their own: they do not change with the payload. */
  data({ start, end }: TlvEntry): Uint8Array {
    return plainBytes(this.payload.subarray(start, end));
  }

  private text(start: number, end: number): string | undefined {
    return knownText(this.payload, start, end - start) ?? tryUtf8(this.payload.subarray(start, end));
  }

  private signed(start: number, length: number): number | bigint | undefined {
    switch (length) {
      case 1:
        return this.view.getInt8(start);
      case 2:
        return this.view.getInt16(start);
      case 4:
        return this.view.getInt32(start);
      case 8:
        return integer(this.view.getBigInt64(start));
      default:
        return undefined;
    }
  }

  private unsigned(start: number, length: number): number | bigint | undefined {
    switch (length) {
      case 1:
        return this.view.getUint8(start);
      case 2:
        return this.view.getUint16(start);
      case 4:
        return this.view.getUint32(start);
      case 8:
        return integer(this.view.getBigUint64(start));
      default:
        return undefined;
    }
  }
}
