/** What native/dtls gives: DTLS 1.2 of the OpenSSL that Node carries, with neither socket nor timer. */
import type { Millis } from "../clock.ts";

export interface NativeDtls {
  /** "OpenSSL 3.5.8 25 Aug 2026". */
  readonly version: string;
  /** Whether this OpenSSL knows them: 3.2 and later do. */
  readonly rawPublicKeys: boolean;
  /** Throws an Error with a sentence where a key or a certificate cannot be used. */
  readonly Association: new (
    settings: NativeSettings,
  ) => Engine;
  readonly Aead: NativeAeadClass;
}

/** `cipher`: OpenSSL's name, in GCM or CCM. `tagLength`, and what key and salt (4) have, in bytes; both are copied. */
export type NativeAeadClass = new (cipher: string, tagLength: number, key: Uint8Array, salt: Uint8Array) => NativeAead;

/** AEAD of records under one key (RFC 5246 §6.2.3.3), which is wiped by `dispose`. */
export interface NativeAead {
  /** Nonce, ciphertext and tag. `nonce`: its explicit part, 8 bytes. Throws after `dispose`. */
  seal(content: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array): Uint8Array;
  /** Undefined: this fragment is not authentic; also after `dispose`. */
  open(fragment: Uint8Array, additionalData: Uint8Array): Uint8Array | undefined;
  dispose(): void;
}

/** One association. After `dispose` each method throws; what was secret of it is wiped then. */
export interface Engine {
  start(): Step;
  /** Takes whatever came: what is no DTLS of this association changes nothing. */
  receive(datagram: Uint8Array): Step;
  /** The time of the last `timeout` has passed. */
  timeout(): Step;
  /** Throws where there is no association, and above 16,384 bytes, the type of the content included if there is a Connection ID. */
  send(data: Uint8Array): Step;
  /** close_notify; `closed` at once. */
  close(): Step;
  /** Once connected; throws before. */
  agreement(): Agreement;
  /** From the first record on that is encrypted; undefined before. Secret. */
  keySource(): KeySource | undefined;
  /** For `session` of the next one; secret. Empty: the other side keeps none. */
  exportSession(): Uint8Array;
  /** Whether all that a client says in a handshake was said: if it stops here, the keys differ. */
  hasFinished(): boolean;
  dispose(): void;
}

export interface Step {
  /** To be sent, each as a datagram. */
  readonly datagrams: readonly Uint8Array[];
  /** What the other side said, deciphered. */
  readonly data: readonly Uint8Array[];
  readonly state: "handshaking" | "connected" | "closed" | "failed";
  /** Until `timeout` is to be called; absent: nothing is waited for. By the clock of the machine, which may jump. */
  readonly timeout?: Millis;
  /** Where the state is `failed`. */
  readonly failure?: NativeFailure;
}

export interface NativeFailure {
  /** RFC 5246 §7.2. */
  readonly receivedAlert?: number;
  readonly sentAlert?: number;
  /** 0, or what is wrong with the certificate of the other side, by the numbers of OpenSSL's x509_vfy.h. */
  readonly verification: number;
  readonly verificationReason: string;
  readonly reason: string;
}

export interface Agreement {
  /** IANA's number. */
  readonly suite: number;
  readonly resumed: boolean;
  /** RFC 7627. */
  readonly extendedMasterSecret: boolean;
  /** Whether the other side gave us one (RFC 9146): then it knows us by that, from whatever address. */
  readonly connectionId: boolean;
  /** Bytes of application data that one datagram can hold. */
  readonly maxPayload: number;
  /** DER. */
  readonly peerCertificate?: Uint8Array;
}

/** What the records are protected with: from this their keys are made (RFC 5246 §6.3). */
export interface KeySource {
  /** IANA's number. */
  readonly suite: number;
  readonly masterSecret: Uint8Array;
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
  /** What the other side wants in our records (RFC 9146 §3); empty: nothing. Absent: no Connection IDs in either direction. */
  readonly peerConnectionId?: Uint8Array;
}

export interface NativeSettings {
  /** The side that waits; for tests. */
  readonly server?: boolean;
  /** OpenSSL's names, with ":" between them. */
  readonly suites: string;
  /** Whether CCM_8 is among them. */
  readonly shortTags: boolean;
  readonly pskIdentity?: string;
  readonly pskKey?: Uint8Array;
  /** PKCS #8, in DER. */
  readonly privateKey?: Uint8Array;
  /** DER: ours, then what leads to a CA. */
  readonly certificates?: readonly Uint8Array[];
  readonly rawPublicKeys?: boolean;
  readonly expectations?: readonly Expectation[];
  /** DER: the CAs that the machine trusts, for usages 0 and 1. */
  readonly anchors?: readonly Uint8Array[];
  /** SNI. */
  readonly sentName?: string;
  /** The name or address that the certificate must have. */
  readonly expectedName?: string;
  /** Unix time, in seconds; absent: dates of certificates are not looked at. */
  readonly time?: number;
  /** RFC 9146: what the other side is to put into its records; empty: nothing, but we would take one. Absent: not offered. */
  readonly connectionId?: Uint8Array;
  readonly session?: Uint8Array;
  /** Of a server, for tests: 80 bytes, by which it knows the sessions of the one before. */
  readonly ticketKeys?: Uint8Array;
  /** Payload of a datagram, in bytes. */
  readonly mtu?: number;
  /** RFC 6347 §4.2.4.1. */
  readonly firstTimeout?: Millis;
}

/** What the other side must show: /0/x/4 by /0/x/13 (Matching Type) and /0/x/15 (Certificate Usage), which say it as RFC 6698 does. */
export interface Expectation {
  /** 0: CA constraint, 1: service certificate constraint, 2: trust anchor assertion, 3: domain-issued certificate. */
  readonly usage: CertificateUsage;
  /** 0: `data` is the thing itself; 1 to 3: its SHA-256, SHA-384, SHA-512. */
  readonly matching: MatchingType;
  /** Of the public key alone (RFC 7250). */
  readonly keyOnly?: boolean;
  readonly data: Uint8Array;
}

export type CertificateUsage = 0 | 1 | 2 | 3;
export type MatchingType = 0 | 1 | 2 | 3;
