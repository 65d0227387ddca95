/** Records of DTLS 1.2 as bytes: RFC 6347 §4.1, with a Connection ID RFC 9146 §4; and what of them is authenticated. */

export interface DtlsRecord {
  readonly type: number;
  /** Protocol version, epoch, sequence number: 10 bytes, the same in both forms. */
  readonly head: Uint8Array;
  readonly epoch: number;
  /** Empty in a record of another type than `tls12_cid`. */
  readonly connectionId: Uint8Array;
  readonly fragment: Uint8Array;
  /** All of it, as it came. */
  readonly bytes: Uint8Array;
}

export const CONTENT_TYPE = { alert: 21, handshake: 22, applicationData: 23, tls12Cid: 25 } as const;

/** RFC 5246 §6.2.1: the longest content, in bytes; with a CID its type and its padding count too (RFC 9146 §5). */
export const LONGEST_CONTENT = 2 ** 14;

const HEAD_END = 11;
const LENGTH_SIZE = 2;

/**
 * The records of a datagram, up to what is none: cut off, or shorter than it says. `idLength`: of the Connection ID in records
 * that have one, in bytes; they do not say it themselves.
 */
export function splitRecords(datagram: Uint8Array, idLength: number): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  for (let at = 0; at < datagram.length; ) {
    const record = recordAt(datagram.subarray(at), idLength);
    if (record === undefined) break;
    records.push(record);
    at += record.bytes.length;
  }
  return records;
}

function recordAt(bytes: Uint8Array, idLength: number): DtlsRecord | undefined {
  const [type] = bytes;
  const idEnd = HEAD_END + (type === CONTENT_TYPE.tls12Cid ? idLength : 0);
  const start = idEnd + LENGTH_SIZE;
  if (type === undefined || bytes.length < start) return undefined;
  const end = start + uint16At(bytes, idEnd);
  if (bytes.length < end) return undefined;
  return {
    type,
    head: bytes.subarray(1, HEAD_END),
    epoch: uint16At(bytes, 3),
    connectionId: bytes.subarray(HEAD_END, idEnd),
    fragment: bytes.subarray(start, end),
    bytes: bytes.subarray(0, end),
  };
}

/** A record without a Connection ID. */
export function encodeRecord(type: number, head: Uint8Array, fragment: Uint8Array): Uint8Array {
  const record = Buffer.allocUnsafe(HEAD_END + LENGTH_SIZE + fragment.length);
  record[0] = type;
  record.set(head, 1);
  record.writeUInt16BE(fragment.length, HEAD_END);
  record.set(fragment, HEAD_END + LENGTH_SIZE);
  return record;
}

export function encodeCidRecord(connectionId: Uint8Array, head: Uint8Array, fragment: Uint8Array): Uint8Array {
  const idEnd = HEAD_END + connectionId.length;
  const record = Buffer.allocUnsafe(idEnd + LENGTH_SIZE + fragment.length);
  record[0] = CONTENT_TYPE.tls12Cid;
  record.set(head, 1);
  record.set(connectionId, HEAD_END);
  record.writeUInt16BE(fragment.length, idEnd);
  record.set(fragment, idEnd + LENGTH_SIZE);
  return record;
}

/** RFC 5246 §6.2.3.3: the additional data of a record without a Connection ID. `length`: of its content. */
export function additionalData(type: number, head: Uint8Array, length: number): Uint8Array {
  const data = Buffer.allocUnsafe(13);
  data.set(head.subarray(2), 0);
  data[8] = type;
  data.set(head.subarray(0, 2), 9);
  data.writeUInt16BE(length, 11);
  return data;
}

/** RFC 9146 §5.3. `length`: of the DTLSInnerPlaintext. */
export function cidAdditionalData(connectionId: Uint8Array, head: Uint8Array, length: number): Uint8Array {
  const data = Buffer.allocUnsafe(23 + connectionId.length);
  // seq_num_placeholder
  data.fill(0xff, 0, 8);
  data[8] = CONTENT_TYPE.tls12Cid;
  data[9] = connectionId.length;
  data[10] = CONTENT_TYPE.tls12Cid;
  data.set(head, 11);
  data.set(connectionId, 21);
  data.writeUInt16BE(length, 21 + connectionId.length);
  return data;
}

function uint16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
