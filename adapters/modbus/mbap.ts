/** Frames on a Modbus TCP stream. MODBUS Messaging on TCP/IP Implementation Guide V1.0b §3.1.3: the MBAP header. */

/** Transaction, protocol and length: what stands before the bytes that the length counts. */
const PREFIX = 6;
/** Unit and at least a function code; unit and a PDU of 253 bytes (V1.1b3 §4.1). */
const SHORTEST = 2;
const LONGEST = 254;

export interface Frame {
  readonly transaction: number;
  readonly unit: number;
  /** Function code and data. */
  readonly pdu: Uint8Array;
}

/** Cuts a stream into frames. Keeps at most one unfinished frame. */
export class FrameReader {
  private rest: Uint8Array = new Uint8Array(0);

  /** The frames that are complete now; undefined: this is no Modbus TCP, and no later byte can mend it. */
  push(chunk: Uint8Array): Frame[] | undefined {
    // A plain view: slices of a Buffer would share, and keep, the memory of the whole chunk.
    const plain = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    const bytes = this.rest.length === 0 ? plain : concat(this.rest, plain);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const frames: Frame[] = [];
    let start = 0;
    while (bytes.length - start >= PREFIX) {
      const length = view.getUint16(start + 4);
      // The protocol identifier is 0 for Modbus.
      if (view.getUint16(start + 2) !== 0 || length < SHORTEST || length > LONGEST) return undefined;
      const end = start + PREFIX + length;
      if (end > bytes.length) break;
      const unit = view.getUint8(start + PREFIX);
      frames.push({ transaction: view.getUint16(start), unit, pdu: bytes.slice(start + PREFIX + 1, end) });
      start = end;
    }
    this.rest = bytes.slice(start);
    return frames;
  }
}

export function frameOf({ transaction, unit, pdu }: Frame): Uint8Array {
  const bytes = new Uint8Array(PREFIX + 1 + pdu.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, transaction);
  view.setUint16(4, pdu.length + 1);
  view.setUint8(PREFIX, unit);
  bytes.set(pdu, PREFIX + 1);
  return bytes;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
