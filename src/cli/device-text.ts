/** One device of the running gateway, for a person. */
import type { UnixMillis } from "../clock.ts";
import type { DeviceStatus, ValueStatus } from "../devices/device-status.ts";
import type { DeviceView } from "../gateway/views/device-views.ts";
import { table } from "../table.ts";
import { span } from "./countdown.ts";
import type { AskedDevice } from "./device-asked.ts";
import { reasonsOf, standingOf } from "./devices-text.ts";
import { wholeFirmware } from "./firmware/text.ts";
import { wholeLink } from "./link-text.ts";
import { valueText } from "./shown-value.ts";

export function deviceText(asked: AskedDevice): readonly string[] {
  if ("disabled" in asked) return [`${asked.disabled.id} is off until this is mended:`, ...reasonsOf(asked.disabled)];
  const { now, device, link, firmware } = asked;
  return [
    `${device.id}: ${standingOf(device, now)}`,
    ...(device.reason === undefined ? [] : [`    ${device.reason}`]),
    ...table(facts(asked), "  "),
    ...(link === undefined ? [] : ["", ...wholeLink(link)]),
    ...(firmware === undefined ? [] : ["", "firmware", ...wholeFirmware(firmware, now).map((line) => `  ${line}`)]),
    "",
    ...valueTree(asked),
  ];
}

function facts({
  now,
  device,
  place,
  deviceId,
  instance,
  adapter,
  identity,
}: DeviceView): readonly (readonly string[])[] {
  const { prefix, since, lastHeard, mapping, link, counters } = device;
  const who = Object.entries(identity).map(([name, value]) => `${name} ${value}`);
  return [
    ["prefix", `/${prefix}${instance === undefined ? "" : `, /25/${instance}`}, ${deviceId}`],
    ["mapping", `${mapping} (${adapter}), configured at ${place}`],
    ["link", link],
    ...(who.length === 0 ? [] : [["says it is", who.join(", ")]]),
    [
      device.state,
      `for ${span(now - since)}; ${lastHeard === undefined ? "never heard" : `heard ${span(now - lastHeard)} ago`}`,
    ],
    ["requests", countsOf(counters)],
  ];
}

function countsOf({ reads, writes, executes, failures, skippedPolls, outages }: DeviceStatus["counters"]): string {
  return `${reads} reads, ${writes} writes, ${executes} executes; ${failures} failed, ${skippedPolls} polls skipped, ${outages} times offline`;
}

/** Objects, their instances, and the resources below. */
function valueTree({ now, device, objects }: DeviceView): readonly string[] {
  const cells = device.values.map((value) => cellsOf(value, now));
  const rows = table(cells, "    ");
  let before = "";
  return device.values.flatMap(({ path }, i) => {
    const [, , object = "", instance = ""] = path.split("/");
    const at = `/${object}/${instance}`;
    const heading = at === before ? [] : [`  ${at} ${objects[object] ?? "Device"}`];
    before = at;
    return [...heading, rows[i] ?? ""];
  });
}

function cellsOf({ path, name, value, unit, time, bad }: ValueStatus, now: UnixMillis): readonly string[] {
  const id = `/${path.split("/").slice(4).join("/")}`;
  const age = time === undefined ? "" : `${span(now - time)} ago`;
  return [id, name, valueText(value, unit), age, bad === undefined ? "" : `bad: ${bad}`];
}
