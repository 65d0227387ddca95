/**
 * Takes what is secret out of a text that goes to strangers. Three nets, one behind the other: the secrets that are known, in every
 * form in which a program writes them; places where secrets stand; and whatever looks like a key.
 */
import { HIDDEN } from "../../yaml/masked.ts";

/** What is shorter stands in every text, and hides nothing. */
const SHORTEST = 4;
/** A line of PEM, or a part of it that is still a secret. */
const SHORTEST_LINE = 16;

export class Redactor {
  private readonly forms: readonly string[];
  private readonly addresses = new Map<string, number>();

  constructor(secrets: Iterable<string>) {
    const forms = new Set([...secrets].flatMap(formsOf).filter((form) => form.length >= SHORTEST));
    // What contains another goes first.
    this.forms = [...forms].sort((a, b) => b.length - a.length);
  }

  /** Lines and JSON stay what they are. */
  text(text: string): string {
    let left = text;
    for (const form of this.forms) if (left.includes(form)) left = left.replaceAll(form, HIDDEN);
    for (const [pattern, replacement] of PLACES) left = left.replaceAll(pattern, replacement);
    return left
      .replaceAll(HEX, (digits) => (/[a-f]/i.test(digits) && /\d/.test(digits) ? HIDDEN : digits))
      .replaceAll(BASE64, (word) => (isChance(word) ? HIDDEN : word))
      .replaceAll(MAC, (address) => this.address(address));
  }

  /** Who made it stays, and which is which. */
  private address(address: string): string {
    const key = address.toLowerCase().replaceAll("-", ":");
    if (/^(?:00:){5}00$|^(?:ff:){5}ff$/.test(key)) return address;
    const number = this.addresses.get(key) ?? this.addresses.size + 1;
    this.addresses.set(key, number);
    return `${address.slice(0, 8)}:xx:xx:#${number}`;
  }
}

const MAC = /\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b|\b[0-9a-f]{2}(?:-[0-9a-f]{2}){5}\b/gi;

/** Where secrets stand, whoever wrote them. */
const PLACES: readonly (readonly [RegExp, string])[] = [
  // In JSON a line end is two letters.
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gs, HIDDEN],
  // RFC 3986 §3.2.1.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]+@/gi, `$1${HIDDEN}@`],
  [/\b(Bearer|Basic)\s+[^\s"',;]+/gi, `$1 ${HIDDEN}`],
  [
    /\b(\w*(?:passw(?:or)?d|passphrase|secret|token|bindkey|psk))(\\?"?\s*[=:]\s*\\?"?)(?![!({[])[^\s"',;{}[\]()\\]+/gi,
    `$1$2${HIDDEN}`,
  ],
];

/** As long as the shortest key that is safe. */
const HEX = /(?<![0-9a-z])(?:[0-9a-f]{2}[:\s-]?){16,}(?![0-9a-z])/gi;
const BASE64 = /(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{22,}={0,2}(?![A-Za-z0-9+/_=-])/g;

/** Letters of all kinds in no order: no word, no path, no id of a device. */
function isChance(word: string): boolean {
  if (!/[a-z]/.test(word) || !/[A-Z]/.test(word) || !/\d/.test(word)) return false;
  if (word.split(/[/_-]/).every((part) => part.length < SHORTEST_LINE)) return false;
  const counts = new Map<string, number>();
  for (const letter of word) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  const bits = [...counts.values()].reduce((sum, n) => sum - (n / word.length) * Math.log2(n / word.length), 0);
  return bits > ENTROPY;
}

/** Bits a letter: 22 letters by chance have 4.1 and more, a name in camel case 3.6. */
const ENTROPY = 3.8;

/** A secret as text, as JSON has it, line by line, and its bytes in hex and base64. */
function formsOf(secret: string): readonly string[] {
  const text = secret.trim();
  const lines = text.split(/\r?\n/);
  const parts =
    lines.length > 1 ? lines.filter((line) => line.length >= SHORTEST_LINE && !line.startsWith("-----")) : [];
  const digits = text.replaceAll(/[:\s-]/g, "");
  const isHex = /^(?:[0-9a-f]{2})+$/i.test(digits);
  const base64 = /^base64:\s*(.+)$/.exec(text)?.[1];
  const bytes = [
    Buffer.from(text),
    ...(isHex ? [Buffer.from(digits, "hex")] : []),
    ...(base64 === undefined ? [] : [Buffer.from(base64, "base64")]),
    ...(lines.length > 1 ? [Buffer.from(parts.join(""), "base64")] : []),
  ];
  const escaped = JSON.stringify(text).slice(1, -1);
  return [
    text,
    escaped,
    encodeURIComponent(text),
    ...parts,
    ...(base64 === undefined ? [] : [base64]),
    ...bytes.flatMap(spelled),
  ].filter((form) => form !== "");
}

function spelled(bytes: Buffer): readonly string[] {
  const hex = bytes.toString("hex");
  const pairs = hex.match(/../g) ?? [];
  const base64 = bytes.toString("base64");
  const separated = [":", " ", "-"].flatMap((sign) => [pairs.join(sign), pairs.join(sign).toUpperCase()]);
  const list = [...bytes].join(",");
  // With what stands behind it, the last letters of base64 are others.
  const whole = base64.slice(0, Math.floor(bytes.length / 3) * 4);
  return [hex, hex.toUpperCase(), ...separated, base64, bytes.toString("base64url"), whole, list].filter(
    (form) => form.length >= SHORTEST,
  );
}
