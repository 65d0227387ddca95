/** Header fields of answers that carry a file: RFC 9110 §8.8, §14; RFC 9530. Whatever stands there, nothing here throws. */
import type { IncomingHttpHeaders } from "node:http";
import { type Millis, SECOND, type UnixMillis } from "../../clock.ts";

/** Of a 206. */
export interface ContentRange {
  readonly first: number;
  /** Undefined: the server does not know. */
  readonly total: number | undefined;
}

/** Undefined: it is none, or one of several parts. */
export function contentRange(text: string | undefined): ContentRange | undefined {
  const [, first, last, total] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(text?.trim() ?? "") ?? [];
  if (first === undefined || Number(last) < Number(first)) return undefined;
  if (total !== "*" && Number(last) >= Number(total)) return undefined;
  return { first: Number(first), total: total === "*" ? undefined : Number(total) };
}

/** Undefined: it is not told, or is no number. */
export function contentLength(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * What may stand in If-Range (RFC 9110 §13.1.5): a strong ETag, else the time of the last change where that is so long before the
 * answer that the file cannot have changed twice in it (§8.8.2.2). Undefined: nothing tells that the file is the same.
 */
export function validatorOf({ etag, date, ...headers }: IncomingHttpHeaders): string | undefined {
  if (etag !== undefined && ETAG.test(etag)) return etag;
  const changed = headers["last-modified"];
  const [then, now] = [Date.parse(changed ?? ""), Date.parse(date ?? "")];
  return now - then >= 2 * SECOND ? changed : undefined;
}

/** RFC 9530 §3, and what came before it (RFC 3230): SHA-256 of the whole file, whatever part of it comes. */
export function digestOf(headers: IncomingHttpHeaders): Uint8Array | undefined {
  const fields = [headers["repr-digest"], Reflect.get(headers, "digest")].flat();
  for (const field of fields) {
    const [, base64] = /(?:^|[,\s])sha-256=:?([A-Za-z0-9+/]{43}=)(?::|[\s,;]|$)/i.exec(field ?? "") ?? [];
    if (base64 !== undefined) return Buffer.from(base64, "base64");
  }
  return undefined;
}

/** RFC 9110 §10.2.3: in seconds, or a time. */
export function retryAfter(text: string | undefined, now: UnixMillis): Millis {
  if (text === undefined) return 0;
  if (/^\d{1,9}$/.test(text)) return Number(text) * SECOND;
  const until = Date.parse(text);
  return Number.isNaN(until) ? 0 : Math.max(0, until - now);
}

/** RFC 9110 §8.8.3; a weak one says nothing of bytes. */
const ETAG = /^"[\x21\x23-\x7e\x80-\xff]*"$/;
