import type { UnixMillis } from "../../clock.ts";
import type { ArchiveIndex, Observed } from "./archive-index.ts";
import type { Dropped } from "./calls.ts";
import type { HistoryLimits } from "./history.ts";

/** Drops what is beyond the limits, the oldest first. */
export function limit(index: ArchiveIndex, limits: HistoryLimits, now: UnixMillis): readonly Dropped[] {
  return [...limitAge(index, limits, now), ...limitShare(index, limits), ...limitBytes(index, limits)];
}

/** What the disk does not take, beyond what memory may hold. */
export function limitPending(index: ArchiveIndex, room: number): readonly Dropped[] {
  const dropped: Dropped[] = [];
  while (index.pendingBytes > room) {
    const oldest = index.segments.find(({ pending }) => pending !== undefined);
    if (oldest === undefined) break;
    dropped.push(...index.dropSegment(oldest, "disk"));
    index.sweep();
  }
  return dropped;
}

function limitAge(index: ArchiveIndex, { age }: HistoryLimits, now: UnixMillis): readonly Dropped[] {
  if (age === undefined) return [];
  // What has no time, since it has no samples, has no age.
  const old = index.segments.filter(({ live, newest }) => live > 0 && newest !== 0 && newest < now - age);
  const dropped = old.flatMap((segment) => index.dropSegment(segment, "age"));
  index.sweep();
  return dropped;
}

function limitShare(index: ArchiveIndex, { bytes, share }: HistoryLimits): readonly Dropped[] {
  if (bytes === undefined || share === undefined) return [];
  const dropped: Dropped[] = [];
  for (const [device, taken] of [...index.byDevice]) {
    if (taken <= share * bytes) continue;
    const own = [...index.observed.values()].filter((observed) => observed.device === device);
    while ((index.byDevice.get(device) ?? 0) > share * bytes) {
      const oldest = own.reduce(older);
      const lost = index.dropOldest(oldest, "share");
      if (lost === undefined) break;
      dropped.push(lost);
    }
  }
  index.sweep();
  return dropped;
}

function limitBytes(index: ArchiveIndex, { bytes }: HistoryLimits): readonly Dropped[] {
  if (bytes === undefined) return [];
  const dropped: Dropped[] = [];
  for (const segment of index.segments) {
    if (index.bytes - freed(index) <= bytes) break;
    dropped.push(...index.dropSegment(segment, "bytes"));
  }
  index.sweep();
  return dropped;
}

/** What the next sweep gives back. */
function freed({ segments }: ArchiveIndex): number {
  let size = 0;
  for (const segment of segments) {
    if (segment.live > 0) break;
    size += segment.size;
  }
  return size;
}

function older(a: Observed, b: Observed): Observed {
  return (b.runs[0]?.segment.id ?? Number.POSITIVE_INFINITY) < (a.runs[0]?.segment.id ?? Number.POSITIVE_INFINITY)
    ? b
    : a;
}
