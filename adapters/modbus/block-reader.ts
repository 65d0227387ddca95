/** Reads many points with few requests, and gets the others where a device refuses some. */
import {
  type Clock,
  DeviceError,
  type Logger,
  type PointId,
  type RawValue,
  type Reading,
  type ReadResult,
  reasonOf,
} from "../../src/adapter.ts";
import { ModbusException } from "./errors.ts";
import { formatAddress, formatSpan, isBits, type Span } from "./pdu.ts";
import type { RegisterPoint } from "./points.ts";
import { type Block, endOf, planReads, type ReadLimits, splitBlock } from "./read-plan.ts";
import { Refusals } from "./refusals.ts";

interface NamedPoint extends RegisterPoint {
  readonly id: PointId;
}

const namedPoints = new WeakMap<RegisterPoint, NamedPoint>();

/** Devices of a type share their points: a hundred of them would else have as many copies of each. */
function namedPoint(id: PointId, point: RegisterPoint): NamedPoint {
  const known = namedPoints.get(point);
  if (known?.id === id) return known;
  const named = { ...point, id };
  namedPoints.set(point, named);
  return named;
}

/** Reads one range; rejects with DeviceError. */
export type ReadSpan = (span: Span) => Promise<Uint8Array>;

type Refused = ReadResult["refused"][number];
/** What became of a block: every point read, some, each one refused as not there, or failed for another reason. */
type Outcome = "good" | "mixed" | "dead" | "failed";

export interface BlockReaderSettings {
  readonly points: ReadonlyMap<PointId, RegisterPoint>;
  /** Asked before each read: what is worth reading over follows from what was measured. */
  readonly limits: () => ReadLimits;
  readonly clock: Clock;
  readonly log: Logger;
  /** The command by which a person asks for the same; absent where no link has a name. */
  readonly command?: ((span: Span) => string) | undefined;
}

export class BlockReader {
  private readonly points: ReadonlyMap<PointId, NamedPoint>;
  private readonly limits: () => ReadLimits;
  private readonly clock: Clock;
  private readonly log: Logger;
  private readonly refusals: Refusals;
  private readonly command: BlockReaderSettings["command"];
  private readonly told = new Set<string>();

  constructor({ points, limits, clock, log, command }: BlockReaderSettings) {
    this.command = command;
    this.points = new Map([...points].map(([id, point]) => [id, namedPoint(id, point)]));
    this.limits = limits;
    this.clock = clock;
    this.log = log;
    this.refusals = new Refusals(clock);
  }

  /**
   * Rejects with DeviceError where nothing was answered at all, or nothing but what is no answer to our requests. Once the device falls silent it is not asked for the rest:
   * each further request would cost the line a timeout.
   */
  async read(ids: readonly PointId[], readSpan: ReadSpan): Promise<ReadResult> {
    const blocks = planReads(this.named(ids), this.limits(), this.refusals.cuts());
    const read = new OneRead(readSpan, this.clock, this.refusals);
    for (const [index, block] of blocks.entries()) {
      try {
        const outcome = await read.block(block);
        this.note(block, outcome, read.takeHoles());
      } catch (error) {
        if (!read.answered) throw error;
        for (const { points } of blocks.slice(index)) read.refuseRest(points, error);
        break;
      }
    }
    if (!read.answered && read.garbled !== undefined) throw read.garbled;
    return { readings: read.readings, refused: read.refused };
  }

  /** The device is there again, maybe restarted or replaced: what it refused may be there as well. */
  forget(): void {
    this.refusals.forget();
  }

  /** Told once: it is found again after each connection, and what is refused altogether every few minutes. */
  private note(block: Block<NamedPoint>, outcome: Outcome, holes: readonly Span[]): void {
    if (outcome === "good" || outcome === "failed") return;
    if (outcome === "dead" && block.points.length > 1) this.refusals.learnDead(block);
    const request = formatSpan(block);
    if (this.told.has(request)) return;
    this.told.add(request);
    const probe = this.command?.(block);
    const seen = probe === undefined ? { request } : { request, probe };
    const [hole] = holes;
    if (hole !== undefined)
      this.log.info({ ...seen, ...adviceOn(hole) }, "the device refuses a hole in this read; it is read around");
    else this.log.info(seen, `the device refuses ${outcome === "dead" ? "this read" : "a part of this read"}`);
  }

  private named(ids: readonly PointId[]): NamedPoint[] {
    return [...new Set(ids)].map((id) => {
      const point = this.points.get(id);
      if (point === undefined) throw new RangeError(`the device has no point "${id}"`);
      return point;
    });
  }
}

class OneRead {
  readonly readings: Reading[] = [];
  readonly refused: Refused[] = [];
  /** Whether anything was answered, if only by an exception. */
  answered = false;
  /** What came that was no answer; it says nothing of the device that was asked. */
  garbled: DeviceError | undefined;
  private holes: Span[] = [];
  private readonly readSpan: ReadSpan;
  private readonly clock: Clock;
  private readonly refusals: Refusals;

  constructor(readSpan: ReadSpan, clock: Clock, refusals: Refusals) {
    this.readSpan = readSpan;
    this.clock = clock;
    this.refusals = refusals;
  }

  /** Rejects where the device does not answer. */
  async block(block: Block<NamedPoint>): Promise<Outcome> {
    try {
      const data = await this.readSpan(block);
      this.answered = true;
      this.take(block, data);
      return "good";
    } catch (error) {
      if (!(error instanceof DeviceError) || error.kind === "unreachable") throw error;
      if (error.kind === "malformed") this.garbled = error;
      else this.answered = true;
      const missing = error instanceof ModbusException && error.concernsRange;
      if (missing && block.points.length > 1 && !this.refusals.isDead(block)) return this.parts(block);
      this.refuse(block.points, error.message);
      return missing ? "dead" : "failed";
    }
  }

  /** Between parts that were read: what was found since the last call. */
  takeHoles(): readonly Span[] {
    const { holes } = this;
    this.holes = [];
    return holes;
  }

  /** The points that were not answered yet, once the device fell silent. */
  refuseRest(points: readonly NamedPoint[], error: unknown): void {
    const done = new Set([...this.readings, ...this.refused].map(({ point }) => point));
    const reason = reasonOf(error);
    this.refuse(
      points.filter(({ id }) => !done.has(id)),
      reason,
    );
  }

  private async parts(block: Block<NamedPoint>): Promise<Outcome> {
    const parts = splitBlock(block);
    const outcomes: Outcome[] = [];
    for (const part of parts) outcomes.push(await this.block(part));
    if (outcomes.every((outcome) => outcome === "dead")) return "dead";
    for (const [index, part] of parts.entries()) {
      if (outcomes[index] === "dead") this.refusals.learnDead(part);
    }
    if (outcomes.every((outcome) => outcome === "good")) this.learnHole(parts);
    return "mixed";
  }

  private learnHole(parts: readonly Block<NamedPoint>[]): void {
    const [left, right] = parts;
    if (left === undefined || right === undefined || right.address < endOf(left)) return;
    const { table } = left;
    this.refusals.learnHole(table, endOf(left), right.address);
    this.holes.push({ table, address: endOf(left), count: right.address - endOf(left) });
  }

  private take(block: Block<NamedPoint>, data: Uint8Array): void {
    const time = this.clock.wall();
    for (const point of block.points) this.readings.push({ point: point.id, value: partOf(point, block, data), time });
  }

  private refuse(points: readonly NamedPoint[], reason: string): void {
    for (const { id } of points) this.refused.push({ point: id, reason });
  }
}

/** For the log: where the hole is, and what the mapping may say so that nobody searches for it again. */
function adviceOn(hole: Span): Readonly<Record<string, string>> {
  // Without width it is a boundary: no gap keeps a read from reaching over it.
  if (hole.count === 0) return { at: formatAddress(hole.address) };
  const gap = Math.floor((hole.count - 1) / (isBits(hole.table) ? 16 : 1));
  return { hole: formatSpan(hole), advice: `modbus: { block: { gap: ${gap} } }` };
}

/** The part of a block's data that a point is: its registers as bytes, or its bit. */
function partOf(point: Span, block: Span, data: Uint8Array): RawValue {
  const offset = point.address - block.address;
  // V1.1b3 §6.1: the first bit asked for is the least significant of the first byte.
  if (isBits(point.table)) return ((data[offset >> 3] ?? 0) & (1 << (offset & 7))) !== 0;
  return data.slice(2 * offset, 2 * (offset + point.count));
}
