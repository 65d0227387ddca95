/** Which requests read a set of points: as few as the device's limits allow. */
import { isBits, MAX_READ_BITS, type Span } from "./pdu.ts";
import { TABLES } from "./points.ts";

/** One request, and the points that it answers, in ascending order of address. */
export interface Block<P extends Span> extends Span {
  readonly points: readonly P[];
}

/** Counted in registers; coils and discrete inputs count as 16 to the register. */
export interface ReadLimits {
  /** The most that one read may ask for. */
  readonly max: number;
  /** How much that nobody asked for may lie between two points of one read. */
  readonly gap: number;
  /** No read spans two points. */
  readonly single?: boolean;
}

/** Where a device must not be read in one go: no block may reach over the range `from` … `to` (equal: over this boundary). */
export interface Cut {
  readonly table: Span["table"];
  readonly from: number;
  readonly to: number;
}

/**
 * The fewest reads that answer all points: none above the limit, none over a wider gap, none over a cut, no point divided.
 * The same points in any order give the same blocks.
 *
 * Greedy from the lowest address is optimal here: the first point must begin a block, and whatever another block could
 * take instead also fits the next one.
 */
export function planReads<P extends Span>(
  points: readonly P[],
  limits: ReadLimits,
  cuts: readonly Cut[] = [],
): readonly Block<P>[] {
  return TABLES.flatMap((table) => {
    const unit = isBits(table) ? 16 : 1;
    const ordered = points.filter((point) => point.table === table).sort(byAddress);
    return planTable(ordered, {
      max: isBits(table) ? Math.min(limits.max * unit, MAX_READ_BITS) : limits.max,
      gap: limits.gap * unit,
      single: limits.single ?? false,
      cuts: cuts.filter((cut) => cut.table === table),
    });
  });
}

interface TableLimits extends ReadLimits {
  readonly single: boolean;
  readonly cuts: readonly Cut[];
}

function planTable<P extends Span>(ordered: readonly P[], limits: TableLimits): Block<P>[] {
  const blocks: Block<P>[] = [];
  for (let rest = ordered; rest.length > 0; ) {
    const { block, left } = takeBlock(rest, limits);
    blocks.push(block);
    rest = left;
  }
  return blocks;
}

/** The block that begins with the first point, and the points that it leaves. */
function takeBlock<P extends Span>(
  ordered: readonly P[],
  { max, gap, single, cuts }: TableLimits,
): { readonly block: Block<P>; readonly left: readonly P[] } {
  const taken: P[] = [];
  const left: P[] = [];
  let start = 0;
  let end = 0;
  for (const point of ordered) {
    const pointEnd = endOf(point);
    // Bit fields of one register are one value for the device.
    const spans = single && (point.address !== start || pointEnd !== end);
    const near = pointEnd - start <= max && point.address - end <= gap;
    const fits = near && !spans && !isCut(end, point.address, cuts);
    if (taken.length === 0) start = point.address;
    else if (!fits) {
      left.push(point);
      continue;
    }
    end = taken.length === 0 ? pointEnd : Math.max(end, pointEnd);
    taken.push(point);
  }
  return { block: blockOf(taken), left };
}

/** The block of these points (at least one, ascending): from the first to the end of the last. */
function blockOf<P extends Span>(points: readonly P[]): Block<P> {
  const [first] = points;
  if (first === undefined) throw new RangeError("a block without points");
  const end = points.reduce((last, point) => Math.max(last, endOf(point)), 0);
  return { table: first.table, address: first.address, count: end - first.address, points };
}

/**
 * A refused block as two, parted at its widest gap, else near its middle; singly where all points overlap. The boundary
 * is what the refusal may be about.
 */
export function splitBlock<P extends Span>(block: Block<P>): readonly Block<P>[] {
  const boundaries: { readonly index: number; readonly gap: number; readonly distance: number }[] = [];
  let end = block.address;
  for (const [index, point] of block.points.entries()) {
    const gap = point.address - end;
    const distance = Math.abs(index - block.points.length / 2);
    if (index > 0 && gap >= 0) boundaries.push({ index, gap, distance });
    end = Math.max(end, endOf(point));
  }
  const [best] = boundaries.sort((a, b) => b.gap - a.gap || a.distance - b.distance);
  if (best === undefined) return block.points.map((point) => blockOf([point]));
  return [blockOf(block.points.slice(0, best.index)), blockOf(block.points.slice(best.index))];
}

/** The address after the last: up to 65536, which does not fit 16 bits. */
export function endOf({ address, count }: Span): number {
  return address + count;
}

function byAddress(a: Span, b: Span): number {
  return a.address - b.address || a.count - b.count;
}

function isCut(end: number, next: number, cuts: readonly Cut[]): boolean {
  if (next < end) return false;
  return cuts.some(({ from, to }) =>
    from === to ? end <= from && from <= next : Math.max(end, from) < Math.min(next, to),
  );
}
