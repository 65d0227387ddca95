/** Several reports of one observation in one message: what fits, and what of it is said once. */
import type { Path } from "../lwm2m/path.ts";
import { type Sample, sameValue } from "../lwm2m/sample.ts";
import type { Report } from "./outbox.ts";

/** Samples in one message of a format that carries time: what fits one block of 1024 bytes. */
const SAMPLES_A_MESSAGE = 48;

/** How many of these reports, at least one, one message takes. */
export function together(reports: readonly Report[]): number {
  let samples = 0;
  const full = reports.findIndex((report) => {
    samples += report.samples.length;
    return samples > SAMPLES_A_MESSAGE;
  });
  return full === -1 ? reports.length : Math.max(1, full);
}

/** The samples of several reports: what did not change between two of them has one time, and is said once. */
export function distinct(reports: readonly Report[]): readonly Sample[] {
  const [first, ...others] = reports;
  if (first === undefined || others.length === 0) return first?.samples ?? [];
  const last = new Map<Path, Sample>();
  return reports
    .flatMap(({ samples }) => samples)
    .filter((sample) => {
      const before = last.get(sample.path);
      last.set(sample.path, sample);
      return before?.time !== sample.time || !sameValue(before.value, sample.value);
    });
}
