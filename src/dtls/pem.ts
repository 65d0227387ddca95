/** PEM (RFC 7468): blocks of base64 between two lines that say what they are. */
import { ConfigError } from "../errors.ts";

export interface PemBlock {
  /** "PRIVATE KEY", "CERTIFICATE" … */
  readonly label: string;
  /** Encrypted in the way of old (RFC 1421 §4.6.1.1): what is inside is no DER. */
  readonly encrypted: boolean;
  readonly der: Uint8Array;
}

const BEGIN = "-----BEGIN ";
const DASHES = "-----";

/** Whether it is PEM, right or wrong; else it can be DER. */
export function isPem(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).includes(BEGIN);
}

/** The blocks in their order; text around them is not looked at (§2). Throws ConfigError where one is broken. */
export function pemBlocks(bytes: Uint8Array): readonly PemBlock[] {
  const text = Buffer.from(bytes).toString("latin1");
  const blocks: PemBlock[] = [];
  for (let at = text.indexOf(BEGIN); at !== -1; ) {
    const label = labelAt(text, at + BEGIN.length);
    const start = at + BEGIN.length + label.length + DASHES.length;
    const end = text.indexOf(`${DASHES}END ${label}${DASHES}`, start);
    if (end === -1) throw wrong(`a block begins with ${BEGIN}${label}${DASHES} and has no end: is the file cut off?`);
    blocks.push(blockOf(label, text.slice(start, end)));
    at = text.indexOf(BEGIN, end);
  }
  return blocks;
}

/** The same the other way (§2): 64 characters a line. */
export function pemOf(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`${BEGIN}${label}${DASHES}`, ...lines, `${DASHES}END ${label}${DASHES}`, ""].join("\n");
}

/** Some longer than any that there is: what follows is searched for. */
const LONGEST_LABEL = 64;

function labelAt(text: string, start: number): string {
  const [label] = /^[A-Z0-9 ]+(?=-----)/.exec(text.slice(start, start + LONGEST_LABEL)) ?? [];
  if (label === undefined) throw wrong(`a line begins with "${BEGIN}" and does not say of what`);
  return label;
}

function blockOf(label: string, inner: string): PemBlock {
  const encrypted = /^\s*Proc-Type:\s*4,\s*ENCRYPTED/.test(inner);
  // What an encrypted key has before its base64 is of no use to us, nor is what follows.
  if (encrypted) return { label, encrypted, der: new Uint8Array() };
  const base64 = inner.replace(/\s/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw wrong(`between the lines of ${label} there is more than base64`);
  return { label, encrypted, der: Buffer.from(base64, "base64") };
}

function wrong(message: string): ConfigError {
  return new ConfigError([{ severity: "error", code: "LG223", message }]);
}
