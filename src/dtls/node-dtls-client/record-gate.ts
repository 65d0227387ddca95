/**
 * What the package may see of a datagram that came in the server's name (RFC 6347 §4.1, §4.2.2; RFC 4279 §2). It takes plain
 * records for data, throws at messages that it does not know, and loses its place where one is repeated: none of that gets
 * through. What is ciphered is the package's to judge.
 */

export class RecordGate {
  private readonly suites: ReadonlySet<number>;
  private phase: "hello" | "verified" | "finished" | "connected" = "hello";
  /** Whether the package was told that from here on the server enciphers. */
  private changed = false;
  private plainRecords = 0;
  private chosen: number | undefined;
  private told: number | undefined;
  private hasty = false;

  /** `suites`: those that are offered, by IANA's numbers. */
  constructor(suites: readonly number[]) {
    this.suites = new Set(suites);
  }

  /**
   * What the package may see of it, as datagrams of one record each. It must have answered one before it is given the next:
   * which may come next depends on that.
   */
  *admit(datagram: Uint8Array): Generator<Uint8Array> {
    for (const record of recordsOf(datagram)) {
      if (record.epoch === 0) yield* this.admitPlain(record);
      if (record.epoch === 1) yield* this.admitCiphered(record);
    }
  }

  /** The package sends this. */
  sent(datagram: Uint8Array): void {
    // Its Finished is the first record that it enciphers: from then on it has the server's keys.
    const enciphers = recordsOf(datagram).some(({ epoch }) => epoch > 0);
    if (enciphers && this.phase !== "connected") this.phase = "finished";
  }

  /** The handshake is over. */
  connected(): void {
    this.phase = "connected";
  }

  /** Whether all that a client says in a handshake was said. */
  get finished(): boolean {
    return this.phase === "finished" || this.phase === "connected";
  }

  /** The one that the server chose; undefined: not known yet. */
  get suite(): number | undefined {
    return this.chosen;
  }

  /** The fatal alert (RFC 5246 §7.2) that ended the handshake, if one came before there were keys. */
  get alert(): number | undefined {
    return this.told;
  }

  /**
   * Whether the server began without a HelloVerifyRequest, as it may (RFC 6347 §4.2.1). The package leaves a ClientHello
   * without a cookie out of what its Finished vouches for: no server takes that.
   */
  get skippedVerification(): boolean {
    return this.hasty;
  }

  /** In the clear there is a handshake, nothing else, and only until there is an association. */
  private *admitPlain({ type, body }: DtlsRecord): Generator<Uint8Array> {
    if (type === ALERT && this.phase !== "connected") {
      const [level, description] = body;
      if (body.length === 2 && level === FATAL) this.told ??= description;
    }
    if (type !== HANDSHAKE) return;
    for (const message of messagesOf(body)) {
      if (!this.finished && this.admits(message)) yield this.plainRecord(HANDSHAKE, message.bytes);
    }
  }

  private admits({ type, sequence, length, content }: Message): boolean {
    if (sequence > LAST_MESSAGE) return false;
    switch (type) {
      case HELLO_VERIFY_REQUEST:
        return content !== undefined && sequence === 0 && this.admitsVerification(content);
      case SERVER_HELLO:
        return content !== undefined && this.admitsHello(content);
      case SERVER_KEY_EXCHANGE:
        // RFC 4279 §2: a hint, which a client may do without, behind its length.
        return content === undefined || (length >= 2 && uint16(content, 0) === length - 2);
      case SERVER_HELLO_DONE:
        return length === 0;
      default:
        return false;
    }
  }

  /** RFC 6347 §4.2.1: version and cookie. The package answers one, and is lost by another. */
  private admitsVerification(content: Uint8Array): boolean {
    if (this.phase !== "hello" || content.length < 3 || content[2] !== content.length - 3) return false;
    this.phase = "verified";
    return true;
  }

  /** RFC 5246 §7.4.1.3. The package does not look whether the suite is one of those that it offered. */
  private admitsHello(content: Uint8Array): boolean {
    const afterSession = 35 + (content[34] ?? 0);
    if (content.length < afterSession + 3 || uint16(content, 0) !== DTLS_1_2) return false;
    const suite = uint16(content, afterSession);
    if (!this.suites.has(suite) || content[afterSession + 2] !== NO_COMPRESSION) return false;
    this.hasty ||= this.phase === "hello";
    if (this.hasty) return false;
    this.chosen = suite;
    return true;
  }

  /**
   * Before there are keys the package would take such a record as it is, and every later one too. The server's Finished may
   * overtake its ChangeCipherSpec, which says nothing but that and which anyone can send: it is said here, once.
   */
  private *admitCiphered({ type, bytes }: DtlsRecord): Generator<Uint8Array> {
    if (!this.finished || type === CHANGE_CIPHER_SPEC) return;
    // Of a handshake that is over there are repetitions alone.
    if (this.phase === "connected" && type === HANDSHAKE) return;
    if (!this.changed) yield this.plainRecord(CHANGE_CIPHER_SPEC, Uint8Array.of(1));
    this.changed = true;
    yield bytes;
  }

  /** Numbered anew: nobody vouches for the numbers of plain records, and the package is deaf to those beyond its window. */
  private plainRecord(type: number, body: Uint8Array): Uint8Array {
    const record = new Uint8Array(RECORD_HEADER + body.length);
    const header = new DataView(record.buffer);
    header.setUint8(0, type);
    header.setUint16(1, DTLS_1_2);
    header.setUint32(7, this.plainRecords++);
    header.setUint16(11, body.length);
    record.set(body, RECORD_HEADER);
    return record;
  }
}

interface DtlsRecord {
  readonly type: number;
  readonly epoch: number;
  readonly body: Uint8Array;
  /** With its header. */
  readonly bytes: Uint8Array;
}

/** RFC 6347 §4.2.2. */
interface Message {
  readonly type: number;
  readonly sequence: number;
  readonly length: number;
  /** Undefined: only a fragment of it is here. */
  readonly content: Uint8Array | undefined;
  /** With its header. */
  readonly bytes: Uint8Array;
}

const RECORD_HEADER = 13;
const MESSAGE_HEADER = 12;
/** RFC 6347 §4.1: what a record holds at most, with all that a cipher adds. */
const LONGEST_RECORD = 2 ** 14 + 2048;
/** HelloVerifyRequest, ServerHello, ServerKeyExchange, ServerHelloDone. */
const LAST_MESSAGE = 3;
const NO_COMPRESSION = 0;

const CHANGE_CIPHER_SPEC = 20;
const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const FATAL = 2;

const SERVER_HELLO = 2;
const HELLO_VERIFY_REQUEST = 3;
const SERVER_KEY_EXCHANGE = 12;
const SERVER_HELLO_DONE = 14;

/** What a HelloVerifyRequest comes with. */
const DTLS_1_0 = 0xfeff;
const DTLS_1_2 = 0xfefd;

/** Up to the first that is none: the rest of such a datagram is dropped (RFC 6347 §4.1.2.7). */
function recordsOf(datagram: Uint8Array): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  for (let at = 0; datagram.length - at >= RECORD_HEADER; ) {
    const type = datagram[at] ?? 0;
    const length = uint16(datagram, at + 11);
    const version = uint16(datagram, at + 1);
    const end = at + RECORD_HEADER + length;
    const known = type >= CHANGE_CIPHER_SPEC && type <= APPLICATION_DATA;
    if (!known || (version !== DTLS_1_2 && version !== DTLS_1_0)) break;
    if (length > LONGEST_RECORD || end > datagram.length) break;
    const bytes = datagram.subarray(at, end);
    records.push({ type, epoch: uint16(bytes, 3), body: bytes.subarray(RECORD_HEADER), bytes });
    at = end;
  }
  return records;
}

/** One record may hold several (RFC 6347 §4.2.3); the package reads the first alone. */
function messagesOf(body: Uint8Array): Message[] {
  const messages: Message[] = [];
  for (let at = 0; body.length - at >= MESSAGE_HEADER; ) {
    const [length, offset, part] = [uint24(body, at + 1), uint24(body, at + 6), uint24(body, at + 9)];
    const end = at + MESSAGE_HEADER + part;
    if (offset + part > length || end > body.length) break;
    const bytes = body.subarray(at, end);
    const content = part === length ? bytes.subarray(MESSAGE_HEADER) : undefined;
    messages.push({ type: bytes[0] ?? 0, sequence: uint16(bytes, 4), length, content, bytes });
    at = end;
  }
  return messages;
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function uint24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 16) | uint16(bytes, at + 1);
}
