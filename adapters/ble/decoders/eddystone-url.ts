/** Web addresses of few bytes (github.com/google/eddystone, eddystone-url/README.md). */
import { malformed } from "./parts.ts";

const SCHEMES = ["http://www.", "https://www.", "http://", "https://"] as const;
const ENDS = [".com", ".org", ".edu", ".net", ".info", ".biz", ".gov"] as const;
/** Codes 0 to 6 have a slash behind them, 7 to 13 have none. */
const EXPANSIONS = [...ENDS.map((end) => `${end}/`), ...ENDS];

/** The scheme, then a code or a character each. Throws DeviceError `malformed`. */
export function readUrl(bytes: Uint8Array): string {
  const scheme = SCHEMES[bytes[0] ?? SCHEMES.length];
  if (scheme === undefined) throw malformed(`scheme ${bytes[0]} of a web address is not known`);
  return scheme + Array.from(bytes.subarray(1), expanded).join("");
}

function expanded(byte: number): string {
  const expansion = EXPANSIONS[byte];
  if (expansion !== undefined) return expansion;
  if (byte <= 0x20 || byte >= 0x7f) throw malformed(`byte ${byte} stands for nothing in a web address`);
  return String.fromCharCode(byte);
}

/** Throws DeviceError `malformed` where it is no web address. */
export function composeUrl(url: string): Uint8Array {
  const scheme = SCHEMES.findIndex((each) => url.startsWith(each));
  if (scheme < 0) throw malformed(`"${url}" does not begin with http:// or https://`);
  const bytes = [scheme];
  let rest = url.slice(SCHEMES[scheme]?.length);
  while (rest !== "") {
    const code = EXPANSIONS.findIndex((each) => rest.startsWith(each));
    const character = rest.charCodeAt(0);
    if (code < 0 && (character <= 0x20 || character >= 0x7f))
      throw malformed(`"${url}" has characters other than ASCII`);
    bytes.push(code < 0 ? character : code);
    rest = rest.slice(EXPANSIONS[code]?.length ?? 1);
  }
  return Uint8Array.from(bytes);
}
