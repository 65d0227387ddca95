/** What a Package URI says: RFC 3986, RFC 7252 §6, RFC 8323 §8. */
import { isIP } from "node:net";
import { type CoapOption, OPTION, stringOption, stringOptions } from "../../coap/options.ts";
import { UPDATE_RESULT } from "../../lwm2m/firmware/update-result.ts";
import { DownloadError } from "../download.ts";

export type CoapScheme = "coap" | "coaps" | "coap+tcp";

/** Where a CoAP server is, and what is asked of it. */
export interface CoapTarget {
  readonly scheme: CoapScheme;
  /** A name in lower case, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Uri-Host, Uri-Path and Uri-Query, in order. */
  readonly options: readonly CoapOption[];
}

const DEFAULT_PORTS: Readonly<Record<CoapScheme, number>> = { coap: 5683, coaps: 5684, "coap+tcp": 5683 };
/** RFC 7252 §5.10: of Uri-Host, Uri-Path and Uri-Query. */
const LONGEST_OPTION = 255;

/** For the log, where no password and no token belongs. */
export function shownUri(uri: string): string {
  const url = parsed(uri);
  if (url === undefined) return "a URI that cannot be read";
  return `${url.protocol}//${url.host}${url.pathname}${url.search === "" ? "" : "?…"}`;
}

/** Throws DownloadError. */
export function httpUrl(uri: string): URL {
  const url = parsed(uri);
  if (url === undefined || url.hostname === "") throw invalid("it is no URI of HTTP");
  return url;
}

/** Throws DownloadError. */
export function coapTarget(uri: string): CoapTarget {
  const url = parsed(uri);
  const scheme = url?.protocol.slice(0, -1);
  if (url === undefined || !isCoapScheme(scheme)) throw invalid("it is no URI of CoAP");
  if (url.username !== "" || url.password !== "") throw invalid("a URI of CoAP has no user name");
  const host = decoded(url.hostname)
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1");
  if (!/^[a-z0-9._~:-]+$/.test(host)) throw invalid("it names no host");
  const path = url.pathname === "" || url.pathname === "/" ? [] : url.pathname.slice(1).split("/").map(decoded);
  const query = url.search.length < 2 ? [] : url.search.slice(1).split("&").map(decoded);
  const options = [
    // RFC 7252 §6.4: an address says nothing that its own packets do not say.
    ...(isIP(host) === 0 ? [stringOption(OPTION.uriHost, host)] : []),
    ...stringOptions(OPTION.uriPath, path),
    ...stringOptions(OPTION.uriQuery, query),
  ];
  if (options.some(({ value }) => value.length > LONGEST_OPTION)) throw invalid("a part of it is too long for CoAP");
  return { scheme, host, port: url.port === "" ? DEFAULT_PORTS[scheme] : Number(url.port), options };
}

/** What stands behind `#sha256=`: it is compared with what has come. Undefined: nothing does. Throws DownloadError. */
export function expectedHash(uri: string): Uint8Array | undefined {
  const [, given] = /#sha-?256[=:](.*)$/i.exec(uri) ?? [];
  if (given === undefined) return undefined;
  if (!/^[0-9a-f]{64}$/i.test(given)) throw invalid("what stands behind #sha256= is not 64 hexadecimal digits");
  return Buffer.from(given, "hex");
}

export function invalid(reason: string): DownloadError {
  return new DownloadError(UPDATE_RESULT.invalidUri, reason);
}

function parsed(uri: string): URL | undefined {
  return URL.canParse(uri) ? new URL(uri) : undefined;
}

function isCoapScheme(scheme: string | undefined): scheme is CoapScheme {
  return scheme !== undefined && Object.hasOwn(DEFAULT_PORTS, scheme);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    throw new DownloadError(UPDATE_RESULT.invalidUri, "a % in it is not followed by the digits of a byte of UTF-8", {
      cause: error,
    });
  }
}
