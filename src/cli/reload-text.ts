/** What became of a reload, for a person. */
import type { ReloadReport } from "../gateway/reload/reload-report.ts";
import { counted } from "./counted.ts";

/** Lines without a last line break. */
export function reloadText(report: ReloadReport): string {
  return [
    ...report.problems.map(({ text }) => text),
    ...(report.taken ? [...changes(report), ...restartLines(report), summary(report)] : [refused(report)]),
  ].join("\n");
}

/** `+ meter-3` and the like, as in a diff. */
function changes({ devices, links }: ReloadReport): readonly string[] {
  return [
    ...listed("+ link", links.added),
    ...listed("- link", links.removed),
    ...listed("~ link", links.reopened),
    ...listed("+ device", devices.added),
    ...listed("- device", devices.removed),
    ...listed("~ device", devices.changed),
    ...listed("! device off:", devices.disabled),
  ];
}

function listed(mark: string, names: readonly string[]): readonly string[] {
  const more = names.length - MOST_NAMES;
  return [
    ...names.slice(0, MOST_NAMES).map((name) => `${mark} ${name}`),
    ...(more > 0 ? [`${mark} … and ${more} more`] : []),
  ];
}

/** A thousand devices of one mapping would hide the rest. */
const MOST_NAMES = 20;

function restartLines({ restart }: ReloadReport): readonly string[] {
  if (restart.length === 0) return [];
  return [
    ...restart.map((key) => `* ${key}: needs a restart`),
    "* systemctl restart lwm2m-gateway, or stop it and start it again; until then these are as at its start",
  ];
}

function summary({ dryRun, devices, duration }: ReloadReport): string {
  const { added, removed, changed, untouched, disabled } = devices;
  const parts = [
    `${added.length} added`,
    `${removed.length} removed`,
    `${changed.length} changed`,
    `${untouched} untouched`,
    ...(disabled.length === 0 ? [] : [`${disabled.length} off`]),
  ];
  const text = `devices: ${parts.join(", ")}`;
  return dryRun ? `${text}; nothing was done: it was a dry run` : `${text}; reloaded in ${duration} ms`;
}

function refused({ dryRun, problems, reason }: ReloadReport): string {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const why = reason ?? counted(errors, "error");
  const what = dryRun ? "it would not be taken" : "not reloaded, everything runs on as before";
  return reason === undefined ? `${what}: ${why}; mend that, then: lwm2m-gateway reload` : `${what}: ${why}`;
}
