/** Several reports of one observation in one message: what fits, and what of it is said once. */
import type { ContentCodec, TypeOf } from "../lwm2m/formats/codec.ts";
import { makePath, type Path } from "../lwm2m/path.ts";
import { contentResponse } from "../lwm2m/response.ts";
import { type Sample, sameValue } from "../lwm2m/sample.ts";
import type { Composed, Report } from "./outbox.ts";

/** Samples in one message of a format that carries time: what fits one block of 1024 bytes. */
const SAMPLES_A_MESSAGE = 48;

/** What an observation tells, and how. */
export interface Told {
  /** One, unless it is a composite observation. */
  readonly paths: readonly Path[];
  readonly composite: boolean;
  readonly codec: ContentCodec;
}

/**
 * The message for these reports, oldest first. Those of a format with time go together; of one without, only the newest is
 * still true.
 */
export function composed({ paths, composite, codec }: Told, reports: readonly Report[], typeOf: TypeOf): Composed {
  const sendable = codec.carriesTime ? reports : reports.slice(-1);
  const batch = batched(sendable);
  const [base = ROOT] = composite ? [] : paths;
  return {
    message: contentResponse(codec.contentFormat, codec.encode(batch.samples, base, typeOf, { times: true })),
    confirmable: sendable.slice(0, batch.reports).some(({ confirmable }) => confirmable),
    covers: codec.carriesTime ? batch.reports : reports.length,
  };
}

/** The names in a composite notification are whole. */
const ROOT = makePath({ prefix: "" });

export interface Batch {
  /** How many of the reports it is, the oldest first. */
  readonly reports: number;
  readonly samples: readonly Sample[];
}

/**
 * As many reports as one message takes, at least the first. What did not change from one to the next has one time, and is said
 * once: of a long list that changes in one place after the other nearly all.
 */
export function batched(reports: readonly Report[]): Batch {
  const [first, ...others] = reports;
  if (first === undefined || others.length === 0) return { reports: reports.length, samples: first?.samples ?? [] };
  // Where the first alone needs several blocks, one more changes little.
  const most = first.samples.length > SAMPLES_A_MESSAGE ? first.samples.length + SAMPLES_A_MESSAGE : SAMPLES_A_MESSAGE;
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
