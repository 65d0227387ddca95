/** Where the points of a mapping are on one device, once its models are known. */
import type { PointId } from "../../../src/adapter.ts";
import type { RegisterPoint } from "../points.ts";
import { type Chain, HEADER, type Model } from "./chain.ts";
import type { Candidate, SunSpecPoint } from "./source.ts";

export interface Located {
  readonly model: Model;
  readonly candidate: Candidate;
  /** What is read for it: the value, and its scale factor with all between them where one read can have both. */
  readonly span: RegisterPoint;
  /** The register with its scale factor, where that is too far away for one read. */
  readonly farScale?: RegisterPoint | undefined;
}

/** Where the point is, or why it is nowhere. `max`: registers of one read. */
export function locate({ sunspec }: SunSpecPoint, chain: Chain, max: number): Located | string {
  const { candidates, nth } = sunspec;
  let short: string | undefined;
  for (const candidate of candidates) {
    const model = chain.models.filter(({ id }) => id === candidate.model)[nth - 1];
    if (model === undefined) continue;
    const last = Math.max(candidate.offset + candidate.registers, (candidate.scale ?? 0) + 1);
    if (last <= HEADER + model.length) return located(candidate, model, max);
    short ??= `model ${model.id} of the device has ${model.length} registers, and "${candidate.name}" is behind them`;
  }
  return short ?? absence(candidates, nth, chain);
}

/** Head of the model: it tells whether the model is still there. */
export function headerOf({ address }: Model): RegisterPoint {
  return { table: "holding", address, count: HEADER };
}

export function headerId({ address }: Model): PointId {
  return `model at ${address}`;
}

export function scaleId({ address }: RegisterPoint): PointId {
  return `scale factor at ${address}`;
}

function located(candidate: Candidate, model: Model, max: number): Located {
  const { offset, registers, scale } = candidate;
  const value: RegisterPoint = { table: "holding", address: model.address + offset, count: registers };
  if (scale === undefined) return { model, candidate, span: value };
  const from = Math.min(offset, scale);
  const count = Math.max(offset + registers, scale + 1) - from;
  if (count <= max) return { model, candidate, span: { table: "holding", address: model.address + from, count } };
  return { model, candidate, span: value, farScale: { table: "holding", address: model.address + scale, count: 1 } };
}

function absence(candidates: readonly Candidate[], nth: number, { models, cut }: Chain): string {
  const wanted = candidates.map(({ model }) => model);
  const which = wanted.length === 1 ? `SunSpec model ${wanted[0]}` : `of the SunSpec models ${wanted.join(", ")}`;
  const times = nth === 1 ? "" : ` with nth ${nth}`;
  const has = models.length === 0 ? "none at all" : models.map(({ id }) => id).join(", ");
  const end = cut === undefined ? "" : `; its chain of models breaks off: ${cut}`;
  return `the device has ${wanted.length === 1 ? "no" : "none"} ${which}${times} (it has ${has})${end}`;
}
