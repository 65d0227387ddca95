/** Devices of the running gateway, a row each, for a person. */
import type { UnixMillis } from "../clock.ts";
import type { DeviceSummary, DevicesView, DisabledView } from "../gateway/views/device-views.ts";
import { table } from "../table.ts";
import { countdown, ordinal, span } from "./countdown.ts";

const HEADING = ["DEVICE", "PREFIX", "MAPPING", "LINK", "STATE", "HEARD", "BAD/VALUES"];

/** `problems`: the view has only those that have some. */
export function devicesText({ now, devices, disabled }: DevicesView, problems = false): readonly string[] {
  if (devices.length + disabled.length === 0) return [problems ? "every device is well" : "no devices"];
  const rows = [...devices.map((device) => rowOf(device, now)), ...disabled.map(({ id }) => [id, "-", "", "", "off"])];
  const [heading = "", ...lines] = table([HEADING, ...rows]);
  return [
    heading,
    ...devices.flatMap((device, i) => [lines[i] ?? "", ...reasonOf(device)]),
    ...disabled.flatMap((device, i) => [lines[devices.length + i] ?? "", ...reasonsOf(device)]),
  ];
}

/** "offline, retry in 0:32, 3rd try"; "online, offline in 4:10". */
export function standingOf(
  { state, nextTry, tries = 0, failed = 0, failuresAllowed, offlineAt }: Omit<DeviceSummary, "values">,
  now: UnixMillis,
): string {
  const parts = [
    ...(state !== "offline" && failed > 0 ? [failuresOf(failed, failuresAllowed)] : []),
    ...(offlineAt === undefined ? [] : [`offline in ${countdown(offlineAt - now)}`]),
    ...(nextTry === undefined ? [] : [`retry in ${countdown(nextTry - now)}, ${ordinal(tries + 1)} try`]),
  ];
  return [state, ...parts].join(", ");
}

/** The problems of a device that is off. */
export function reasonsOf({ reasons }: DisabledView): readonly string[] {
  return reasons.map((reason) => `    ${reason}`);
}

function failuresOf(failed: number, allowed: number | undefined): string {
  return allowed === undefined ? `${failed} failed` : `${failed} of ${allowed} failed`;
}

function rowOf(device: DeviceSummary, now: UnixMillis): readonly string[] {
  const { id, prefix, mapping, link, lastHeard, values } = device;
  const heard = lastHeard === undefined ? "never" : `${span(now - lastHeard)} ago`;
  return [id, `/${prefix}`, mapping, link, standingOf(device, now), heard, `${values.bad}/${values.total}`];
}

function reasonOf({ reason }: DeviceSummary): readonly string[] {
  return reason === undefined ? [] : [`    ${reason}`];
}
