/** Finds in what a master sends the requests of a mapping. */

import { widthOf } from "../binary-number.ts";
import { Framer } from "../framing/framer.ts";
import type { RequestSpec, SpokenDevice } from "../section.ts";
import { requestBytes } from "../template.ts";

export interface FoundRequest {
  readonly request: RequestSpec;
  /** What stands in the place of the value, where it has one. */
  readonly value: Uint8Array;
}

/** `begun`: it may become one when more comes. */
type Beginning = (FoundRequest & { readonly length: number }) | "begun" | undefined;

const NOTHING = new Uint8Array(0);
/** A value, and a request that is not whole yet, are no longer. */
const LONGEST = 1024;

export class RequestFinder {
  private readonly plain: readonly RequestSpec[];
  private readonly wrapped: readonly RequestSpec[];
  private readonly frame: SpokenDevice["frame"];
  private readonly framer: Framer;
  private readonly widths: ReadonlyMap<RequestSpec, number>;
  private buffer: Buffer = Buffer.alloc(0);

  /** `widths`: how many bytes a value has, of requests that take the bytes of a resource. */
  constructor({ requests, frame }: SpokenDevice, widths: ReadonlyMap<RequestSpec, number> = new Map()) {
    this.widths = widths;
    const all = [...requests.values()];
    this.plain = all.filter(({ send }) => !send.wrap);
    this.wrapped = all.filter(({ send }) => send.wrap);
    this.frame = frame;
    this.framer = new Framer(frame);
    this.framer.handle({ type: "asked" }, 0);
  }

  push(chunk: Uint8Array): readonly FoundRequest[] {
    const frames = this.framer.handle({ type: "bytes", bytes: chunk }, 0);
    const found = frames.flatMap(({ body }) =>
      this.wrapped.flatMap((request) => inBody(request, Buffer.from(body)) ?? []),
    );
    return [...found, ...this.takePlain(chunk)];
  }

  private takePlain(chunk: Uint8Array): readonly FoundRequest[] {
    this.buffer = Buffer.concat([this.buffer, chunk]);
    const found: FoundRequest[] = [];
    while (this.buffer.length > 0) {
      const next = this.plain.map((request) => this.atStart(request)).sort((a, b) => rank(b) - rank(a))[0];
      if (next === "begun" && this.buffer.length <= LONGEST) break;
      const isFound = next !== undefined && next !== "begun";
      if (isFound) found.push(next);
      this.buffer = this.buffer.subarray(isFound ? next.length : 1);
    }
    return found;
  }

  /** What the bytes that are there begin with. */
  private atStart(request: RequestSpec): Beginning {
    const [before = NOTHING, after] = piecesOf(request, this.frame);
    const common = Math.min(before.length, this.buffer.length);
    if (!this.buffer.subarray(0, common).equals(before.subarray(0, common))) return undefined;
    if (this.buffer.length < before.length) return "begun";
    if (after === undefined) return { request, value: NOTHING, length: before.length };
    const width = this.widthOf(request);
    if (width !== undefined) return this.ofWidth(request, before, after, width);
    const end = after.length === 0 ? this.buffer.length : this.buffer.indexOf(after, before.length);
    if (end < 0) return "begun";
    return { request, value: this.buffer.subarray(before.length, end), length: end + after.length };
  }

  /** Of a value that may hold what stands behind it, too. */
  private ofWidth(request: RequestSpec, before: Uint8Array, after: Uint8Array, width: number): Beginning {
    const end = before.length + width;
    const behind = this.buffer.subarray(end, end + after.length);
    if (!behind.equals(after.subarray(0, behind.length))) return undefined;
    if (this.buffer.length < end + after.length) return "begun";
    return { request, value: this.buffer.subarray(before.length, end), length: end + after.length };
  }

  private widthOf(request: RequestSpec): number | undefined {
    const { value } = request.send;
    return value?.kind === "number" ? widthOf(value.type) : this.widths.get(request);
  }
}

/** What stands before and behind the value; all of it where there is none. */
function piecesOf({ send }: RequestSpec, frame: SpokenDevice["frame"]): readonly Uint8Array[] {
  return send.parts.length > 1 ? send.parts : [requestBytes(send, NOTHING, frame)];
}

/** The longest that is whole, then what may become one. */
function rank(found: Beginning): number {
  return found === undefined ? -1 : found === "begun" ? 0 : found.length;
}

function inBody(request: RequestSpec, body: Buffer): FoundRequest | undefined {
  const [before = NOTHING, after] = request.send.parts;
  if (after === undefined) return body.equals(before) ? { request, value: NOTHING } : undefined;
  const fits =
    body.length >= before.length + after.length &&
    body.indexOf(before) === 0 &&
    body.subarray(body.length - after.length).equals(after);
  return fits ? { request, value: body.subarray(before.length, body.length - after.length) } : undefined;
}
