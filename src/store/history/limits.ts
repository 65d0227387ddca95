import { isUndated, type UnixMillis } from "../../clock.ts";
import type { ArchiveIndex } from "./archive-index.ts";
import type { Dropped, Fullness } from "./calls.ts";
import { DATED } from "./epochs.ts";
import type { HistoryLimits } from "./history.ts";
import type { IndexedSegment, Observed } from "./observed.ts";

/** What may wait in memory while the disk takes nothing, in bytes. */
export const MEMORY = 16 * 2 ** 20;

/** Drops what is beyond the limits: the oldest, or where that is wanted the newest. */
export function limit(index: ArchiveIndex, limits: HistoryLimits, now: UnixMillis): readonly Dropped[] {
  return [...limitAge(index, limits, now), ...limitShare(index, limits), ...limitBytes(index, limits)];
}

/** What the disk does not take, beyond what memory may hold. */
export function limitPending(index: ArchiveIndex, limits: HistoryLimits): readonly Dropped[] {
  const dropped: Dropped[] = [];
  while (index.pendingBytes > (limits.memory ?? MEMORY)) {
    const pending = index.segments.filter((segment) => segment.pending !== undefined);
    const segment = pending.at(keepsOldest(limits) ? -1 : 0);
    if (segment === undefined) break;
    dropped.push(...index.dropSegment(segment, "disk"));
    index.sweep();
  }
  return dropped;
}

/** Where nothing new is to be kept since what waits stays. `dropped`: what had to go for limits just now. */
export function fullness(index: ArchiveIndex, limits: HistoryLimits, dropped: readonly Dropped[]): Fullness {
  if (!keepsOldest(limits)) return NOWHERE_FULL;
  const { bytes = Number.POSITIVE_INFINITY, share = 1, memory = MEMORY } = limits;
  const has = (cause: Dropped["cause"]): boolean => dropped.some((drop) => drop.cause === cause);
  if (has("bytes") || index.bytes > bytes * ALMOST) return { cause: "bytes", devices: [] };
  if (has("disk") || index.pendingBytes > memory * ALMOST) return { cause: "disk", devices: [] };
  const devices = [...index.byDevice].filter(([, taken]) => taken > share * bytes * ALMOST).map(([device]) => device);
  const beyond = dropped.flatMap(({ number, cause }) => (cause === "share" ? [index.observed.get(number)] : []));
  return { cause: undefined, devices: [...devices, ...beyond.flatMap((observed) => observed?.device ?? [])] };
}

/** Whether what is delivered had better make room before something must go for want of it. */
export function isScarce(index: ArchiveIndex, { bytes = Number.POSITIVE_INFINITY }: HistoryLimits): boolean {
  return index.bytes > bytes * SCARCE;
}

function limitAge(index: ArchiveIndex, { age }: HistoryLimits, now: UnixMillis): readonly Dropped[] {
  if (age === undefined) return [];
  const old = index.segments.filter((segment) => segment.live > 0 && isOlder(segment, index, now - age));
  const dropped = old.flatMap((segment) => index.dropSegment(segment, "age"));
  index.sweep();
  return dropped;
}

/** What has no time, since it has no samples or nobody knows when it was, has no age. */
function isOlder({ newest, epoch }: IndexedSegment, { epochs }: ArchiveIndex, time: UnixMillis): boolean {
  if (newest === 0) return false;
  const dated = epochs.dated(epoch, newest);
  return dated < time && (epoch === DATED || !isUndated(dated));
}

function limitShare(index: ArchiveIndex, limits: HistoryLimits): readonly Dropped[] {
  const { bytes, share } = limits;
  if (bytes === undefined || share === undefined) return [];
  const dropped: Dropped[] = [];
  for (const [device, taken] of [...index.byDevice]) {
    if (taken <= share * bytes) continue;
    const own = [...index.observed.values()].filter((observed) => observed.device === device);
    while ((index.byDevice.get(device) ?? 0) > share * bytes) {
      const at = keepsOldest(limits) ? -1 : 0;
      const lost = index.dropRun(own.reduce(at === 0 ? older : newer), at, "share");
      if (lost === undefined) break;
      dropped.push(lost);
    }
  }
  index.sweep();
  return dropped;
}

function limitBytes(index: ArchiveIndex, limits: HistoryLimits): readonly Dropped[] {
  const { bytes = Number.POSITIVE_INFINITY } = limits;
  let left = index.bytes;
  if (left <= bytes) return [];
  const dropped: Dropped[] = [];
  for (const segment of keepsOldest(limits) ? index.segments.toReversed() : [...index.segments]) {
    if (left <= bytes) break;
    left -= segment.size;
    dropped.push(...index.dropSegment(segment, "bytes"));
  }
  index.sweep();
  return dropped;
}

function keepsOldest({ whenFull }: HistoryLimits): boolean {
  return whenFull === "drop-newest";
}

function older(a: Observed, b: Observed): Observed {
  return idOf(b, 0, Number.POSITIVE_INFINITY) < idOf(a, 0, Number.POSITIVE_INFINITY) ? b : a;
}

function newer(a: Observed, b: Observed): Observed {
  return idOf(b, -1, 0) > idOf(a, -1, 0) ? b : a;
}

function idOf({ runs }: Observed, at: number, none: number): number {
  return runs.at(at)?.segment.id ?? none;
}

const NOWHERE_FULL: Fullness = { cause: undefined, devices: [] };
/** Of a limit: there is no room for another window, which would have to go again. */
const ALMOST = 63 / 64;
const SCARCE = 3 / 4;
