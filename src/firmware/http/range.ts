/** Which part of an image a request wants. RFC 9110 §13.1.5, §14.1, §14.2. */

export type Wanted =
  | { readonly kind: "whole" }
  /** `last` is the last byte of it; `open`: all from `first` on was asked for. */
  | { readonly kind: "part"; readonly first: number; readonly last: number; readonly open: boolean }
  | { readonly kind: "unsatisfiable" };

export interface RangeHeaders {
  readonly range?: string | undefined;
  readonly ifRange?: string | undefined;
}

const SINGLE = /^bytes=\s*(?:(\d{1,15})\s*-\s*(\d{1,15})?|-\s*(\d{1,15}))\s*$/i;
const WHOLE: Wanted = { kind: "whole" };

/** `etag`: of the image, with its quotes. What is no single range gets the whole: §14.2 lets us. */
export function wantedPart({ range, ifRange }: RangeHeaders, etag: string, size: number): Wanted {
  // A date, or a weak tag, says too little about the bytes.
  if (range === undefined || (ifRange !== undefined && ifRange.trim() !== etag)) return WHOLE;
  const [found, from, to, suffix] = SINGLE.exec(range.trim()) ?? [];
  if (found === undefined) return WHOLE;
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), size);
    return length === 0
      ? { kind: "unsatisfiable" }
      : { kind: "part", first: size - length, last: size - 1, open: false };
  }
  const first = Number(from);
  if (to !== undefined && Number(to) < first) return WHOLE;
  if (first >= size) return { kind: "unsatisfiable" };
  const last = to === undefined ? size - 1 : Math.min(Number(to), size - 1);
  return { kind: "part", first, last, open: to === undefined };
}
