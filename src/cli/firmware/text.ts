/** Firmware of devices, for a person. */
import type { UnixMillis } from "../../clock.ts";
import type { FirmwareStatus, JobRecord } from "../../firmware/job.ts";
import { table } from "../../table.ts";
import { countdown, span } from "../countdown.ts";

const HEADING = ["DEVICE", "VIA", "STATE", "IMAGE", "LAST RESULT"];
const STATES = ["idle", "downloading", "downloaded", "updating"];
/** Resource 5 of object 5. */
const RESULTS = [
  "none yet",
  "updated",
  "no room for it",
  "out of memory",
  "connection lost",
  "damaged on the way",
  "no image for this device",
  "cannot be fetched",
  "update failed",
  "unknown scheme",
  "cancelled",
  "deferred",
];

export function firmwareTable(all: readonly FirmwareStatus[]): readonly string[] {
  if (all.length === 0) return ["nothing here takes firmware: no mapping has a firmware: section"];
  const [heading = "", ...rows] = table([HEADING, ...all.map(rowOf)]);
  return [heading, ...all.flatMap((one, i) => [rows[i] ?? "", ...underWay(one).map((line) => `    ${line}`)])];
}

export function wholeFirmware(one: FirmwareStatus, now: UnixMillis): readonly string[] {
  const { via, update, image, history } = one;
  return [
    `${nameOf(one)}: ${stateText(one)}, by ${via}`,
    ...underWay(one).map((line) => `    ${line}`),
    `    result: ${resultText(one.result)}`,
    ...(update.uri === "" ? [] : [`    fetched from ${update.uri}`]),
    ...(image === undefined ? [] : [`    image: ${imageText(image)}, SHA-256 ${image.sha256}`]),
    ...(history.length === 0 ? [] : ["", ...historyLines(history, now)]),
  ];
}

export function historyLines(history: readonly JobRecord[], now: UnixMillis): readonly string[] {
  if (history.length === 0) return ["nothing was updated yet"];
  const rows = history.toReversed().map((record) => {
    const { begun, ended, before = "?", after = "?", result, reason = "" } = record;
    const what = [record.name, record.version ?? sizeText(record.size)].filter((part) => part !== undefined).join(" ");
    return [`${span(now - ended)} ago`, what, `${before} -> ${after}`, span(ended - begun), resultText(result), reason];
  });
  return table([["ENDED", "IMAGE", "RAN", "TOOK", "RESULT", "REASON"], ...rows]);
}

/** One line of what goes on, or how it ended, for whoever waits for it. */
export function progressText(one: FirmwareStatus): string {
  const state = one.state === 0 && one.result !== 0 ? (RESULTS[one.result] ?? stateText(one)) : stateText(one);
  return [nameOf(one), state, ...underWay(one)].join(": ");
}

export function resultText(result: number): string {
  return `${result}, ${RESULTS[result] ?? "unknown"}`;
}

export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(2)} MiB`;
}

function nameOf({ device = "gateway" }: FirmwareStatus): string {
  return device;
}

function stateText({ state }: FirmwareStatus): string {
  return STATES[state] ?? String(state);
}

function rowOf(one: FirmwareStatus): readonly string[] {
  const { via, image, result } = one;
  return [nameOf(one), via, stateText(one), image === undefined ? "-" : imageText(image), resultText(result)];
}

function imageText({ size, name, version }: NonNullable<FirmwareStatus["image"]>): string {
  return [name, version, sizeText(size)].filter((part) => part !== undefined).join(" ");
}

function underWay({ progress, waits }: FirmwareStatus): readonly string[] {
  const waiting = waits === undefined ? [] : [waits];
  if (progress === undefined) return waiting;
  const { phase, bytes, total, speed, remaining } = progress;
  const share = total === undefined || total === 0 ? "" : ` (${Math.floor((100 * bytes) / total)} %)`;
  const of = total === undefined ? "" : ` of ${sizeText(total)}`;
  const rate = speed === undefined || speed === 0 ? "" : `, ${sizeText(Math.round(speed))}/s`;
  const left = remaining === undefined ? "" : `, ${countdown(remaining)} left`;
  return [`${phase}: ${sizeText(bytes)}${of}${share}${rate}${left}`, ...waiting];
}
