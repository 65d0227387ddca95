/** Several reports of one observation in one message: what fits, and what of it is said once. */
import type { Undated } from "../clock.ts";
import type { ContentCodec, TypeOf } from "../lwm2m/formats/codec.ts";
import { makePath, type Path } from "../lwm2m/path.ts";
import { contentResponse } from "../lwm2m/response.ts";
import { type Sample, sameValue } from "../lwm2m/sample.ts";
import type { Report } from "./debt.ts";
import type { MessageFit } from "./message-fit.ts";
import type { Composed } from "./outbox-ports.ts";

/** What an observation tells, and how. */
export interface Told {
  /** One, unless it is a composite observation. */
  readonly paths: readonly Path[];
  readonly composite: boolean;
  readonly codec: ContentCodec;
}

/**
 * The message for these reports, oldest first. Those of a format with time go together, as far as they fit; of one without,
 * only the newest is still true.
 */
export function composed(
  { paths, composite, codec }: Told,
  reports: readonly Report[],
  typeOf: TypeOf,
  { fit, undated }: { readonly fit: MessageFit; readonly undated?: Undated | undefined },
): Composed {
  const sendable = codec.carriesTime ? reports : reports.slice(-1);
  const [base = ROOT] = composite ? [] : paths;
  const { payload, parts } = fit.fitted(batched(sendable, fit.samples).reports, (parts) => {
    const { samples } = batched(sendable.slice(0, parts), Number.POSITIVE_INFINITY);
    const payload = codec.encode(samples, base, typeOf, { times: true, undated });
    return { payload, parts, bytes: payload.length, samples: samples.length };
  });
  return {
    message: contentResponse(codec.contentFormat, payload),
    confirmable: sendable.slice(0, parts).some(({ confirmable }) => confirmable),
    covers: codec.carriesTime ? parts : reports.length,
  };
}

type MayRead = ((path: Path) => boolean) | undefined;

/** Core 1.2 §6.4.3: a server is told what it has the right to read now, and no more. */
export function readableSamples(samples: readonly Sample[], mayRead: MayRead): readonly Sample[] {
  return mayRead === undefined ? samples : samples.filter(({ path }) => mayRead(path));
}

/** The same of what waited; none where nothing of it may be told any more. As many as there were, else: each is settled. */
export function readableReports(reports: readonly Report[], mayRead: MayRead): readonly Report[] {
  if (mayRead === undefined) return reports;
  const readable = reports.map((report) => ({ ...report, samples: readableSamples(report.samples, mayRead) }));
  const silenced = readable.every(({ samples }, i) => samples.length === 0 && reports[i]?.samples.length !== 0);
  return silenced ? [] : readable;
}

/** The names in a composite notification are whole. */
const ROOT = makePath({ prefix: "" });

export interface Batch {
  /** How many of the reports it is, the oldest first. */
  readonly reports: number;
  readonly samples: readonly Sample[];
}

/**
 * As many reports as so many samples allow, at least the first. What did not change from one to the next has one time, and is said
 * once: of a long list that changes in one place after the other nearly all.
 */
export function batched(reports: readonly Report[], room: number): Batch {
  const [first, ...others] = reports;
  if (first === undefined || others.length === 0) return { reports: reports.length, samples: first?.samples ?? [] };
  // Where the first alone needs several blocks, one more changes little.
  const most = first.samples.length > room ? first.samples.length + room : room;
  const last = new Map<Path, Sample>(first.samples.map((sample) => [sample.path, sample]));
  const samples = [...first.samples];
  let taken = 1;
  for (const report of others) {
    const news = report.samples.filter((sample) => !isSaid(sample, last.get(sample.path)));
    if (samples.length + news.length > most) break;
    samples.push(...news);
    for (const sample of news) last.set(sample.path, sample);
    taken++;
  }
  return { reports: taken, samples };
}

function isSaid(sample: Sample, before: Sample | undefined): boolean {
  return before !== undefined && before.time === sample.time && sameValue(before.value, sample.value);
}
