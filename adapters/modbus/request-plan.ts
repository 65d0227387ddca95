/** The requests of a poll, whatever the kind of its points. */
import { accessTo } from "./identification.ts";
import { formatRecord, formatSpan, type IdentifyRequest, type ReadingRequest } from "./pdu.ts";
import { isRegisterPoint, isSunSpecPoint, type ModbusDevice, type ModbusPoint } from "./points.ts";
import { requestedSpan } from "./quirks.ts";
import { planReads, type ReadLimits } from "./read-plan.ts";
import { registersOf } from "./sunspec/reader.ts";
import { locateAll, nominalChain } from "./sunspec/simulated.ts";

/**
 * The requests of one poll, if nothing is refused; an identification may need more of them. Where the SunSpec models of a device are
 * is not known before it is asked: as if the first of them followed each other.
 */
export function pollRequests(
  { quirks, block, sunspec_base }: Pick<ModbusDevice, "quirks" | "block" | "sunspec_base">,
  points: readonly ModbusPoint[],
  limits: ReadLimits,
): readonly ReadingRequest[] {
  const sunspec = new Map(points.filter(isSunSpecPoint).map((point, i) => [String(i), point]));
  const located = locateAll(sunspec, nominalChain(sunspec, sunspec_base), block.max);
  const blocks = [points.filter(isRegisterPoint), [...registersOf(located).values()]].flatMap((each) =>
    planReads(each, limits),
  );
  const reads = blocks.map((block): ReadingRequest => ({ kind: "read", ...requestedSpan(block, quirks) }));
  const records = points.flatMap((point): readonly ReadingRequest[] =>
    "file" in point ? [{ kind: "readFile", file: point.file, record: point.record, count: point.length }] : [],
  );
  const objects = new Set(points.flatMap((point) => ("ident" in point ? [point.ident] : [])));
  return [...reads, ...records, ...(objects.size === 0 ? [] : [identification([...objects])])];
}

function identification(objects: readonly number[]): IdentifyRequest {
  const object = Math.min(...objects);
  return { kind: "identify", access: objects.length === 1 ? "individual" : accessTo(Math.max(...objects)), object };
}

/** As `check` shows it. */
export function formatPlanned(request: ReadingRequest): string {
  switch (request.kind) {
    case "read":
      return formatSpan(request);
    case "readFile":
      return formatRecord(request);
    case "identify":
      return "identification";
  }
}
