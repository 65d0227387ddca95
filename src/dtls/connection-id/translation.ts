/**
 * Connection IDs (RFC 9146) for an OpenSSL that has none. It agrees on them in the handshake, then goes on with records of RFC
 * 6347; those are translated here, each into one record of the other form with the same epoch, sequence number and nonce.
 *
 * Why that is safe:
 * - A key never seals two things that anybody sees under one nonce. The plain form of a record that has a Connection ID does
 *   not leave the process, so to the world there is one record for each nonce, and OpenSSL makes no nonce twice.
 * - Replays and old records are for OpenSSL to drop (RFC 6347 §4.1.2.6), by the sequence number. It does not change here, and
 *   both forms authenticate it; so whatever comes twice is twice the same to OpenSSL.
 * - What was not authenticated in the form that was agreed on never reaches OpenSSL: the keys are the same in both forms, but
 *   no additional data of the one can be that of the other (RFC 9146 §5.1).
 */
import type { Agreement, Engine, KeySource, NativeDtls, NativeSettings, Step } from "../native.ts";
import { decodeInnerPlaintext, encodeInnerPlaintext } from "./inner-plaintext.ts";
import { recordKeys } from "./record-keys.ts";
import { nonceOf, type RecordProtection } from "./record-protection.ts";
import {
  additionalData,
  CONTENT_TYPE,
  cidAdditionalData,
  type DtlsRecord,
  encodeCidRecord,
  encodeRecord,
  splitRecords,
} from "./records.ts";

/** An association of the addon, with Connection IDs where the settings offer them. Throws what the addon throws. */
export function openEngine(native: NativeDtls, settings: NativeSettings): Engine {
  return settings.connectionId === undefined
    ? new native.Association(settings)
    : new Translation(native, settings, settings.connectionId);
}

/** What protects the records of an association; "plain": there are IDs in neither direction, and nothing is translated. */
type Protection = IdProtection | "plain";

interface IdProtection {
  readonly write: RecordProtection;
  readonly read: RecordProtection;
  /** What the other side wants in our records; empty: nothing. */
  readonly peerConnectionId: Uint8Array;
}

class Translation implements Engine {
  private readonly native: NativeDtls;
  private readonly engine: Engine;
  /** In what we receive. The gateway wants none: it has a socket for each association, which is enough to know it. */
  private readonly ours: Uint8Array;
  private readonly server: boolean;
  /** From the first record on that proved it. */
  private protection: Protection | undefined;

  constructor(native: NativeDtls, settings: NativeSettings, ours: Uint8Array) {
    this.native = native;
    this.engine = new native.Association(settings);
    this.ours = ours;
    this.server = settings.server ?? false;
  }

  start(): Step {
    return this.outgoing(this.engine.start());
  }

  receive(datagram: Uint8Array): Step {
    // RFC 9146 §3: without one of ours all that comes has the form of RFC 6347.
    if (this.ours.length === 0) return this.outgoing(this.engine.receive(datagram));
    const steps: Step[] = [];
    // One record after the other: what one of them agrees on is how the next one is read.
    for (const record of splitRecords(datagram, this.ours.length)) {
      const bytes = this.incoming(record);
      if (bytes !== undefined) steps.push(this.engine.receive(bytes));
    }
    return this.outgoing(joined(steps) ?? this.engine.receive(new Uint8Array()));
  }

  timeout(): Step {
    return this.outgoing(this.engine.timeout());
  }

  send(data: Uint8Array): Step {
    return this.outgoing(this.engine.send(data), data);
  }

  close(): Step {
    return this.outgoing(this.engine.close());
  }

  agreement(): Agreement {
    return this.engine.agreement();
  }

  keySource(): KeySource | undefined {
    return this.engine.keySource();
  }

  exportSession(): Uint8Array {
    return this.engine.exportSession();
  }

  hasFinished(): boolean {
    return this.engine.hasFinished();
  }

  dispose(): void {
    if (this.protection !== undefined && this.protection !== "plain") wipe(this.protection);
    this.engine.dispose();
  }

  /** `said`: the data of `send`, which OpenSSL puts into one record. */
  private outgoing(step: Step, said?: Uint8Array): Step {
    const { datagrams } = step;
    if (datagrams.length === 0 || this.protection === "plain") return step;
    return { ...step, datagrams: datagrams.map((datagram) => this.outgoingDatagram(datagram, said)) };
  }

  private outgoingDatagram(datagram: Uint8Array, said: Uint8Array | undefined): Uint8Array {
    const records = splitRecords(datagram, 0);
    // RFC 9146 §3: what is not encrypted keeps its form.
    if (records.every(({ epoch }) => epoch === 0)) return datagram;
    this.protection ??= this.currentProtection();
    if (this.protection === undefined || this.protection === "plain") return datagram;
    const { write, peerConnectionId } = this.protection;
    if (peerConnectionId.length === 0) return datagram;
    return Buffer.concat(
      records.map((record) => {
        if (record.epoch === 0) return record.bytes;
        // An alert may be beside it, or in its place.
        const content = record.type === CONTENT_TYPE.applicationData ? said : undefined;
        return withConnectionId(record, content ?? contentOf(record, write), write, peerConnectionId);
      }),
    );
  }

  /** What of a record OpenSSL is to see; undefined: nothing (RFC 6347 §4.1.2.7). */
  private incoming(record: DtlsRecord): Uint8Array | undefined {
    const { type, epoch, bytes } = record;
    if (type === CONTENT_TYPE.tls12Cid) return this.incomingWithId(record);
    if (epoch === 0) return bytes;
    // RFC 9146 §3: where a Connection ID was agreed on, a record of epoch 1 without one is invalid.
    const protection = this.protection ?? this.currentProtection();
    return protection === undefined || protection === "plain" ? bytes : undefined;
  }

  private incomingWithId(record: DtlsRecord): Uint8Array | undefined {
    if (record.epoch === 0 || Buffer.compare(record.connectionId, this.ours) !== 0) return undefined;
    const protection = this.protection ?? this.currentProtection();
    if (protection === undefined || protection === "plain") return undefined;
    const plain = withoutConnectionId(record, protection.read);
    // Keys of a handshake that is not at its end may be those of the session that it is to resume.
    if (plain !== undefined) this.protection = protection;
    return plain;
  }

  /** Undefined: the handshake is not that far. */
  private currentProtection(): Protection | undefined {
    const source = this.engine.keySource();
    if (source === undefined) return undefined;
    const protection = this.protectionOf(source);
    source.masterSecret.fill(0);
    return protection;
  }

  private protectionOf(source: KeySource): Protection {
    const { peerConnectionId } = source;
    if (peerConnectionId === undefined || peerConnectionId.length + this.ours.length === 0) return "plain";
    const { client, server } = recordKeys(this.native, source);
    const [write, read] = this.server ? [server, client] : [client, server];
    return { write, read, peerConnectionId };
  }
}

function contentOf({ type, head, fragment }: DtlsRecord, keys: RecordProtection): Uint8Array {
  const content = keys.open(fragment, additionalData(type, head, fragment.length - keys.overhead));
  // OpenSSL would have changed its keys without a handshake.
  if (content === undefined) throw new Error("a record of this association has other keys than its handshake gave");
  return content;
}

function withConnectionId(
  { type, head, fragment }: DtlsRecord,
  bytes: Uint8Array,
  keys: RecordProtection,
  connectionId: Uint8Array,
): Uint8Array {
  const inner = encodeInnerPlaintext({ type, bytes });
  const sealed = keys.seal(inner, nonceOf(fragment), cidAdditionalData(connectionId, head, inner.length));
  return encodeCidRecord(connectionId, head, sealed);
}

function withoutConnectionId(record: DtlsRecord, keys: RecordProtection): Uint8Array | undefined {
  const { head, fragment, connectionId } = record;
  const length = fragment.length - keys.overhead;
  if (length < 0) return undefined;
  const inner = keys.open(fragment, cidAdditionalData(connectionId, head, length));
  const content = inner === undefined ? undefined : decodeInnerPlaintext(inner);
  if (content === undefined) return undefined;
  const { type, bytes } = content;
  return encodeRecord(type, head, keys.seal(bytes, nonceOf(fragment), additionalData(type, head, bytes.length)));
}

function wipe({ write, read }: IdProtection): void {
  write.wipe();
  read.wipe();
}

/** Several steps as one; undefined where there are none. */
function joined(steps: readonly Step[]): Step | undefined {
  const last = steps.at(-1);
  if (last === undefined) return undefined;
  return {
    ...last,
    datagrams: steps.flatMap(({ datagrams }) => datagrams),
    data: steps.flatMap(({ data }) => data),
  };
}
