/** Reads points of every kind: registers and coils in blocks, records of files, the identification of the device. */
import {
  type Clock,
  DeviceError,
  type Logger,
  type PointId,
  type RawValue,
  type ReadResult,
} from "../../src/adapter.ts";
import { BlockReader, type ReadSpan } from "./block-reader.ts";
import type { FilePoint } from "./file-points.ts";
import { formatObject, readIdentification, textOf } from "./identification.ts";
import { formatAddress, type ReadingRequest, type Span } from "./pdu.ts";
import { type IdentPoint, isRegisterPoint, isSunSpecPoint, type ModbusDevice, type ModbusPoint } from "./points.ts";
import { cutOut, requestedSpan } from "./quirks.ts";
import type { ReadLimits } from "./read-plan.ts";
import { SunSpecReader } from "./sunspec/reader.ts";

/** One request in its turn. Rejects with DeviceError. */
export type Ask = (request: ReadingRequest) => Promise<Uint8Array>;

export interface PointReaderSettings {
  readonly device: ModbusDevice;
  readonly points: ReadonlyMap<PointId, ModbusPoint>;
  readonly limits: () => ReadLimits;
  readonly clock: Clock;
  readonly log: Logger;
  /** The id of the link, by which a person can ask for the same. */
  readonly link?: string | undefined;
}

/** The points of one kind that were asked for. */
type Named<P> = readonly (readonly [PointId, P])[];

export class PointReader {
  private readonly device: ModbusDevice;
  private readonly points: ReadonlyMap<PointId, ModbusPoint>;
  private readonly clock: Clock;
  private readonly blocks: BlockReader;
  private readonly models: SunSpecReader;

  constructor({ device, points, limits, clock, log, link }: PointReaderSettings) {
    this.device = device;
    this.points = points;
    this.clock = clock;
    const registers = new Map(entriesOf(points, isRegisterPoint));
    const command = link === undefined ? undefined : (span: Span) => probeCommand(link, device, span);
    const reading = { limits, clock, log, command };
    this.blocks = new BlockReader({ points: registers, ...reading });
    const sunspec = new Map(entriesOf(points, isSunSpecPoint));
    this.models = new SunSpecReader({ points: sunspec, base: device.sunspec_base, max: device.block.max, ...reading });
  }

  /** As DeviceLink.read says. */
  async read(ids: readonly PointId[], ask: Ask): Promise<ReadResult> {
    const wanted = new Map(ids.map((id) => [id, this.point(id)]));
    const registers = entriesOf(wanted, isRegisterPoint).map(([id]) => id);
    const results: ReadResult[] = [];
    if (registers.length > 0) results.push(await this.blocks.read(registers, this.readSpan(ask)));
    const sunspec = entriesOf(wanted, isSunSpecPoint).map(([id]) => id);
    if (sunspec.length > 0) results.push(await this.readModels(sunspec, ask, results.length > 0));
    // Many devices say nothing to a function that they do not know: the registers prove that it is there.
    const there = results.length > 0;
    const rest = new RestReading(ask, this.clock, there);
    for (const [id, point] of entriesOf(wanted, isFilePoint)) await rest.record(id, point);
    await rest.identification(entriesOf(wanted, isIdentPoint));
    return {
      readings: [...results.flatMap(({ readings }) => readings), ...rest.readings],
      refused: [...results.flatMap(({ refused }) => refused), ...rest.refused],
    };
  }

  /** What was learned of the device is no longer true. */
  forget(): void {
    this.blocks.forget();
    this.models.forget();
  }

  /** `there`: it has answered already, so that its silence now is no absence. */
  private async readModels(ids: readonly PointId[], ask: Ask, there: boolean): Promise<ReadResult> {
    try {
      return await this.models.read(ids, this.readSpan(ask));
    } catch (error) {
      if (!there || !(error instanceof DeviceError)) throw error;
      return { readings: [], refused: ids.map((point) => ({ point, reason: error.message })) };
    }
  }

  private readSpan(ask: Ask): ReadSpan {
    return async ({ table, address, count }) => {
      const span = { table, address, count };
      const requested = requestedSpan(span, this.device.quirks);
      return cutOut(span, requested, await ask({ kind: "read", ...requested }));
    };
  }

  private point(id: PointId): ModbusPoint {
    const point = this.points.get(id);
    if (point === undefined) throw new RangeError(`the device has no point "${id}"`);
    return point;
  }
}

/** What no block holds. */
class RestReading {
  readonly readings: { readonly point: PointId; readonly value: RawValue; readonly time: number }[] = [];
  readonly refused: { readonly point: PointId; readonly reason: string }[] = [];
  private readonly ask: Ask;
  private readonly clock: Clock;
  private answered: boolean;

  constructor(ask: Ask, clock: Clock, answered: boolean) {
    this.ask = ask;
    this.clock = clock;
    this.answered = answered;
  }

  async record(id: PointId, { file, record, length, count }: FilePoint): Promise<void> {
    await this.trying([id], async () => {
      const data = await this.ask({ kind: "readFile", file, record, count: length });
      this.take(id, data.slice(0, 2 * count));
    });
  }

  async identification(points: Named<IdentPoint>): Promise<void> {
    if (points.length === 0) return;
    const ids = points.map(([id]) => id);
    await this.trying(ids, async () => {
      const { objects, refusal } = await readIdentification(
        [...new Set(points.map(([, { ident }]) => ident))],
        this.ask,
      );
      for (const [id, { ident }] of points) {
        const value = objects.get(ident);
        if (value !== undefined) this.take(id, textOf(value));
        else this.refuse(id, refusal?.message ?? `the device has no identification object ${formatObject(ident)}`);
      }
    });
  }

  private async trying(ids: readonly PointId[], read: () => Promise<void>): Promise<void> {
    try {
      await read();
      this.answered = true;
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      if (error.kind === "unreachable" && !this.answered) throw error;
      if (error.kind !== "unreachable") this.answered = true;
      for (const id of ids) this.refuse(id, error.message);
    }
  }

  private take(point: PointId, value: RawValue): void {
    this.readings.push({ point, value, time: this.clock.wall() });
  }

  private refuse(point: PointId, reason: string): void {
    this.refused.push({ point, reason });
  }
}

/** What repeats a read by hand, through the daemon where that has the link. */
function probeCommand(link: string, { unit_id }: ModbusDevice, { table, address, count }: Span): string {
  return `lwm2m-gateway probe modbus --link ${link} --unit ${unit_id} ${table} ${formatAddress(address)} ${count}`;
}

function entriesOf<P extends ModbusPoint>(
  points: ReadonlyMap<PointId, ModbusPoint>,
  isKind: (point: ModbusPoint) => point is P,
): [PointId, P][] {
  return [...points].flatMap(([id, point]): [PointId, P][] => (isKind(point) ? [[id, point]] : []));
}

function isFilePoint(point: ModbusPoint): point is FilePoint {
  return "file" in point;
}

function isIdentPoint(point: ModbusPoint): point is IdentPoint {
  return "ident" in point;
}
