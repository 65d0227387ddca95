/** The first message of a DTLS handshake, for somebody who wants to know whether DTLS is spoken at all. RFC 6347 §4.2. */

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const DTLS_1_2 = [0xfe, 0xfd];
/** TLS_PSK_WITH_AES_128_CCM_8, TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, and both with GCM and SHA-256: a server that wants none says so. */
const SUITES = [0xc0, 0xa8, 0xc0, 0xae, 0x00, 0xa8, 0xc0, 0x2b];

/** `random`: 32 bytes. */
export function clientHello(random: Uint8Array): Uint8Array {
  const suites = [...u16(SUITES.length), ...SUITES];
  const body = [...DTLS_1_2, ...random.subarray(0, 32), 0, 0, ...suites, 1, 0];
  const length = u24(body.length);
  const message = [CLIENT_HELLO, ...length, ...u16(0), ...u24(0), ...length, ...body];
  return Uint8Array.from([
    HANDSHAKE,
    ...DTLS_1_2,
    ...u16(0),
    ...[0, 0, 0, 0, 0, 0],
    ...u16(message.length),
    ...message,
  ]);
}

function u16(value: number): readonly number[] {
  return [value >> 8, value & 0xff];
}

function u24(value: number): readonly number[] {
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}
