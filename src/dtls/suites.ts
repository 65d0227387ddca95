/** The cipher suites that are offered: RFC 7925 §4, LwM2M's transport binding §5.2, and what servers in the field want. */

export interface CipherSuite {
  /** IANA's, as /0/x/16 has it. */
  readonly number: number;
  /** IANA's, without "TLS_". */
  readonly name: string;
  readonly openssl: string;
  readonly authentication: "psk" | "certificate";
  /** Whether it authenticates what it encrypts: Connection ID needs that. */
  readonly aead: boolean;
  /** Whether its tag has 8 bytes only. */
  readonly shortTag: boolean;
  /** Whether it is offered where nobody names suites. */
  readonly usual: boolean;
}

const psk = { authentication: "psk", aead: true, shortTag: false, usual: true } as const;
const certificate = { ...psk, authentication: "certificate" } as const;
/** MAC then encrypt: only where it is named. */
const cbc = { aead: false, usual: false } as const;

/** The most wanted first: those that LwM2M demands of every server. */
export const CIPHER_SUITES: readonly CipherSuite[] = [
  { ...psk, number: 0xc0a8, name: "PSK_WITH_AES_128_CCM_8", openssl: "PSK-AES128-CCM8", shortTag: true },
  { ...psk, number: 0x00a8, name: "PSK_WITH_AES_128_GCM_SHA256", openssl: "PSK-AES128-GCM-SHA256" },
  { ...psk, number: 0xc0a9, name: "PSK_WITH_AES_256_CCM_8", openssl: "PSK-AES256-CCM8", shortTag: true, usual: false },
  { ...psk, number: 0x00a9, name: "PSK_WITH_AES_256_GCM_SHA384", openssl: "PSK-AES256-GCM-SHA384", usual: false },
  { ...psk, ...cbc, number: 0xc037, name: "ECDHE_PSK_WITH_AES_128_CBC_SHA256", openssl: "ECDHE-PSK-AES128-CBC-SHA256" },
  { ...psk, ...cbc, number: 0x00ae, name: "PSK_WITH_AES_128_CBC_SHA256", openssl: "PSK-AES128-CBC-SHA256" },
  {
    ...certificate,
    number: 0xc0ae,
    name: "ECDHE_ECDSA_WITH_AES_128_CCM_8",
    openssl: "ECDHE-ECDSA-AES128-CCM8",
    shortTag: true,
  },
  {
    ...certificate,
    number: 0xc02b,
    name: "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    openssl: "ECDHE-ECDSA-AES128-GCM-SHA256",
  },
  {
    ...certificate,
    ...cbc,
    number: 0xc023,
    name: "ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    openssl: "ECDHE-ECDSA-AES128-SHA256",
  },
];

/** The one of that number; undefined: not one that we speak. */
export function cipherSuite(number: number): CipherSuite | undefined {
  return CIPHER_SUITES.find((suite) => suite.number === number);
}

/** The one that a user means: IANA's name with or without "TLS_", or its number; undefined: none that we speak. */
export function namedSuite(text: string): CipherSuite | undefined {
  const word = text.trim();
  if (/^(?:0x[0-9a-f]{1,4}|[0-9]{1,5})$/i.test(word)) return cipherSuite(Number(word));
  return CIPHER_SUITES.find(({ name }) => name === word.toUpperCase().replace(/^TLS_/, ""));
}

/** As IANA's list has it. */
export function suiteName({ name }: CipherSuite): string {
  return `TLS_${name}`;
}
