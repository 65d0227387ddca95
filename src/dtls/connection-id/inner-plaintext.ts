/** DTLSInnerPlaintext (RFC 9146 §4): a content, its type, and padding. */
import { CONTENT_TYPE, LONGEST_CONTENT } from "./records.ts";

export interface Content {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** Without padding: what we send has few lengths that tell anything, and each byte costs. */
export function encodeInnerPlaintext({ type, bytes }: Content): Uint8Array {
  const inner = Buffer.allocUnsafe(bytes.length + 1);
  inner.set(bytes);
  inner[bytes.length] = type;
  return inner;
}

/**
 * Undefined: too long, nothing but padding, or of a type that no record under encryption has. ChangeCipherSpec is none of
 * them: it would begin another handshake, which we never let begin.
 */
export function decodeInnerPlaintext(inner: Uint8Array): Content | undefined {
  if (inner.length > LONGEST_CONTENT) return undefined;
  let end = inner.length;
  while (end > 0 && inner[end - 1] === 0) end--;
  const type = inner[end - 1];
  const known = type === CONTENT_TYPE.alert || type === CONTENT_TYPE.handshake || type === CONTENT_TYPE.applicationData;
  return known ? { type, bytes: inner.subarray(0, end - 1) } : undefined;
}
