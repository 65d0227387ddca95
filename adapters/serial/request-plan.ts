/** For `check`: the requests that a poll of some points costs, and how long the line is busy with them. */
import type { Millis, PlannedRequest, PlannedWire, PointId } from "../../src/adapter.ts";
import { checksumLength, type FrameSettings } from "../spoken/stream/framing/frame-settings.ts";
import { endMark } from "../spoken/stream/framing/seal.ts";
import type { MessageSpec } from "../spoken/stream/messages.ts";
import type { SpokenPoint } from "../spoken/stream/points.ts";
import type { RequestSpec, SpokenDevice } from "../spoken/stream/section.ts";
import { requestBytes } from "../spoken/stream/template.ts";
import { characterTime, fasterBaudRate, formatSerialSettings } from "../wires/serial-settings.ts";
import type { SerialOptions } from "./options.ts";

/** Between the end of a request and its answer: 5 … 50 ms is usual. */
const USUAL_TURNAROUND: Millis = 20;
/** What stands in a field of which only the pattern is known. */
const USUAL_FIELD = 8;

/** One for each request of the mapping that has a value for one of them. `options`: of the link, where there is one yet. */
export function plannedRequests(
  { frame }: SpokenDevice,
  points: ReadonlyMap<PointId, SpokenPoint>,
  options?: SerialOptions,
): readonly PlannedRequest[] {
  const asked = new Map<string, { readonly request: RequestSpec; readonly points: SpokenPoint[] }>();
  for (const point of points.values()) {
    if (point.source.kind !== "request") continue;
    const { request } = point.source;
    const known = asked.get(request.name) ?? { request, points: [] };
    known.points.push(point);
    asked.set(request.name, known);
  }
  return [...asked.values()].map(({ request, points: its }) => {
    if (options?.transport !== "port") return { text: request.name };
    const bytes = requestBytes(request.send, new Uint8Array(0), frame).length + answerLength(request, its, frame);
    return { text: request.name, time: bytes * characterTime(options.line) + USUAL_TURNAROUND };
  });
}

/** For `check`: a serial server does not say how fast its line is. */
export function plannedWire(options: SerialOptions, link: string): PlannedWire<SerialOptions> | undefined {
  if (options.transport !== "port") return undefined;
  const { line, gap } = options;
  const planned = { key: link, text: formatSerialSettings(line), pause: gap };
  const baudRate = fasterBaudRate(line);
  if (baudRate === undefined) return planned;
  return { ...planned, faster: { text: `${baudRate} baud`, options: { ...options, line: { ...line, baudRate } } } };
}

/** As far as it can be told before one came. */
function answerLength({ answer }: RequestSpec, points: readonly SpokenPoint[], frame: FrameSettings): number {
  if (answer === undefined) return 0;
  if (frame.end.kind === "size") return frame.end.size;
  const { start, checksum } = frame;
  const behind = endMark(frame).length + (checksum === undefined ? 0 : checksumLength(checksum));
  const lastByte = Math.max(
    0,
    ...points.map(({ part }) => (part.kind === "bytes" ? part.at + (part.length ?? 1) - start.length : 0)),
  );
  return Math.min(frame.max, start.length + Math.max(lastByte, textLength(answer)) + behind);
}

function textLength({ matcher, fields }: MessageSpec): number {
  const last = Math.max(
    0,
    ...[...fields.values()].map((place) => ("column" in place ? (place.column + 1) * USUAL_FIELD : place.last + 1)),
  );
  const shortest = matcher?.example(new Map())?.length ?? 0;
  return Math.max(last, shortest + USUAL_FIELD * (matcher?.names.length ?? 0));
}
