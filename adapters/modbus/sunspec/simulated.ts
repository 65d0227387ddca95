/** A chain of SunSpec models that has the points of a mapping: what a simulated device serves, and what `check` plans with. */
import type { PointId, RawValue } from "../../../src/adapter.ts";
import { type Chain, HEADER, type Model } from "./chain.ts";
import { type Located, locate } from "./locate.ts";
import { layoutOf } from "./models.ts";
import type { Candidate, SunSpecPoint } from "./source.ts";
import { encodeValue, type NumberType, type PointType, rangeOf } from "./types.ts";

/** §6.2.1: the usual place. */
const BASE = 40_000;
const MARK = new TextEncoder().encode("SunS");
const END = 0xffff;
const COMMON = 1;
/** Of what has no scale factor of its own to say: three digits behind the point are enough for a simulation. */
const FINEST = -3;
const COARSEST = 10;

type Points = ReadonlyMap<PointId, SunSpecPoint>;

/** Common first, then the models of the points in their order: of several that may have a point the first. */
export function nominalChain(points: Points, base: number = BASE): Chain {
  const lengths = new Map<number, number>([[COMMON, lengthOf(COMMON, 0)]]);
  const times = new Map<number, number>();
  for (const { sunspec } of points.values()) {
    const [first] = sunspec.candidates;
    if (first === undefined) continue;
    lengths.set(first.model, Math.max(lengths.get(first.model) ?? 0, lengthOf(first.model, endOf(first))));
    times.set(first.model, Math.max(times.get(first.model) ?? 1, sunspec.nth));
  }
  const models: Model[] = [];
  let address = base + HEADER;
  for (const [id, length] of lengths) {
    for (let nth = 0; nth < (times.get(id) ?? 1); nth++) {
      models.push({ id, address, length });
      address += HEADER + length;
    }
  }
  return { base, models };
}

/** Where the points are in such a chain. */
export function locateAll(points: Points, chain: Chain, max: number): ReadonlyMap<PointId, Located> {
  const located = new Map<PointId, Located>();
  for (const [id, point] of points) {
    const place = locate(point, chain, max);
    if (typeof place !== "string") located.set(id, place);
  }
  return located;
}

/** Who a device is that says nothing of it by its points. */
export type SimulatedWho = Readonly<Record<"Mn" | "Md" | "Vr" | "SN", string>>;

type Named = readonly [PointId, Located];

interface Putting {
  readonly scaleAddress: number | undefined;
  readonly points: readonly Named[];
  readonly get: (point: PointId) => RawValue | undefined;
}

export class SimulatedModels {
  private readonly address: number;
  private readonly count: number;
  private readonly chain: Chain;
  /** By the register of their scale factor. */
  private readonly groups: ReadonlyMap<number | undefined, readonly Named[]>;
  private readonly who: SimulatedWho;

  constructor(points: Points, base: number | undefined, who: SimulatedWho) {
    this.chain = nominalChain(points, base);
    // Whatever the limit of a read is, both places of a point are in the model.
    this.groups = byScale(locateAll(points, this.chain, 1));
    this.who = who;
    this.address = this.chain.base;
    const last = this.chain.models.at(-1);
    this.count = (last === undefined ? HEADER : last.address + HEADER + last.length - this.address) + HEADER;
  }

  /** What is read there; undefined where that is not within the chain. */
  within(
    { area, address, count }: { readonly area: string; readonly address: number; readonly count: number },
    get: (point: PointId) => RawValue | undefined,
  ): Uint8Array | undefined {
    const first = address - this.address;
    if (area !== "holding" || first < 0 || first + count > this.count) return undefined;
    return this.content(get).slice(2 * first, 2 * (first + count));
  }

  /** The registers from "SunS" to the end of the chain, two bytes each, with the values of now. */
  private content(get: (point: PointId) => RawValue | undefined): Uint8Array {
    const bytes = new Uint8Array(2 * this.count);
    bytes.set(MARK);
    for (const model of this.chain.models) bytes.set(this.empty(model), 2 * (model.address - this.address));
    bytes.set(words(END, 0), bytes.length - 2 * HEADER);
    for (const [scaleAddress, points] of this.groups) this.put(bytes, { scaleAddress, points, get });
    return bytes;
  }

  /** The values of one scale factor: it is the finest by which all of them fit. */
  private put(bytes: Uint8Array, { scaleAddress, points, get }: Putting): void {
    const known = points.flatMap(([id, { model, candidate }]) => {
      const value = plain(get(id));
      return value === undefined ? [] : [{ address: model.address + candidate.offset, candidate, value }];
    });
    const exponent = scaleAddress === undefined || known.length === 0 ? 0 : exponentFor(known);
    for (const { address, candidate, value } of known) {
      const raw = typeof value === "string" || exponent === 0 ? value : Number(value) * 10 ** -exponent;
      bytes.set(encodeValue(candidate.type, raw, candidate.registers), 2 * (address - this.address));
    }
    if (scaleAddress !== undefined && known.length > 0) {
      bytes.set(encodeValue("sunssf", exponent, 1), 2 * (scaleAddress - this.address));
    }
  }

  /** The head, and nothing that is implemented. */
  private empty({ id, length }: Model): Uint8Array {
    const bytes = new Uint8Array(2 * (HEADER + length)).fill(0xff);
    bytes.set(words(id, length));
    const layout = layoutOf(id);
    if (layout === undefined) return bytes;
    for (const [name, { offset, type, registers, repeated }] of layout.points) {
      const said = id === COMMON && isWho(name) ? this.who[name] : undefined;
      const step = repeated === true ? layout.blockSize : HEADER + length;
      for (let at = offset; at + registers <= HEADER + length; at += step) {
        bytes.set(encodeValue(type, said, registers), 2 * at);
      }
    }
    return bytes;
  }
}

function byScale(located: ReadonlyMap<PointId, Located>): Map<number | undefined, Named[]> {
  const groups = new Map<number | undefined, Named[]>();
  for (const named of located) {
    const [, { model, candidate }] = named;
    const address = candidate.scale === undefined ? undefined : model.address + candidate.scale;
    const group = groups.get(address);
    if (group === undefined) groups.set(address, [named]);
    else group.push(named);
  }
  return groups;
}

function isWho(name: string): name is keyof SimulatedWho {
  return name === "Mn" || name === "Md" || name === "Vr" || name === "SN";
}

function words(first: number, second: number): Uint8Array {
  return Uint8Array.of(first >> 8, first & 0xff, second >> 8, second & 0xff);
}

/** Registers behind the head, so that the model holds what ends at this offset. */
function lengthOf(model: number, end: number): number {
  const layout = layoutOf(model);
  if (layout === undefined) return Math.max(0, end - HEADER);
  const { size, blockSize } = layout;
  const blocks = blockSize === 0 ? 0 : Math.max(0, Math.ceil((end - size) / blockSize));
  return size + blocks * blockSize - HEADER;
}

function endOf({ offset, registers, scale = 0 }: Candidate): number {
  return Math.max(offset + registers, scale + 1);
}

function exponentFor(
  values: readonly { readonly candidate: { readonly type: PointType }; readonly value: number | bigint | string }[],
): number {
  for (let exponent = FINEST; exponent < COARSEST; exponent++) {
    if (values.every(({ candidate: { type }, value }) => fits(type, Number(value) * 10 ** -exponent))) return exponent;
  }
  return COARSEST;
}

function fits(type: PointType, value: number): boolean {
  if (type === "string") return true;
  const [low, high] = rangeOf(type satisfies NumberType);
  const rounded = Math.round(value);
  return rounded >= low && rounded <= high;
}

function plain(value: RawValue | undefined): number | bigint | string | undefined {
  if (typeof value === "boolean") return value ? 1 : 0;
  return value instanceof Uint8Array ? undefined : value;
}
