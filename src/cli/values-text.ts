/** The values of one device, for a person. */
import type { UnixMillis } from "../clock.ts";
import type { ObservedValue, ValuesView } from "../gateway/views/device-views.ts";
import { table } from "../table.ts";
import { span } from "./countdown.ts";
import { formatValue, valueText } from "./shown-value.ts";

const HEADING = ["PATH", "NAME", "VALUE", "AGE", "QUALITY", "SERVERS", "SOURCE"];
const RAW_HEADING = ["PATH", "NAME", "RAW", "DECODED", "SCALED", "SENT", "AGE", "SOURCE"];

export function valuesText({ now, id, state, values }: ValuesView, raw: boolean): readonly string[] {
  const away = state === "online" ? [] : [`${id} is ${state}: lwm2m-gateway why ${id}`];
  if (values.length === 0) return [...away, "no such values"];
  const rows = values.map((value) => (raw ? rawRow(value, now) : rowOf(value, now)));
  const [heading = "", ...lines] = table([raw ? RAW_HEADING : HEADING, ...rows]);
  return [
    ...away,
    heading,
    ...values.flatMap(({ bad }, i) => [lines[i] ?? "", ...(bad === undefined ? [] : [`    ${bad}`])]),
  ];
}

function rowOf(value: ObservedValue, now: UnixMillis): readonly string[] {
  const { path, name, quality, observers, source = "-" } = value;
  const servers = observers.length === 0 ? "-" : observers.join(" ");
  return [path, name, valueText(value.value, value.unit), ageOf(value, now), quality, servers, source];
}

function rawRow(value: ObservedValue, now: UnixMillis): readonly string[] {
  const { path, name, pipeline, source = "-", bad } = value;
  const { raw = "-", decoded, scaled } = pipeline ?? {};
  const sent = bad === undefined ? valueText(value.value, value.unit) : "bad";
  return [path, name, raw, part(decoded), part(scaled), sent, ageOf(value, now), source];
}

function part(value: unknown): string {
  return value === undefined ? "-" : formatValue(value);
}

function ageOf({ age, time }: ObservedValue, now: UnixMillis): string {
  if (age !== undefined) return span(age);
  return time === undefined ? "-" : span(now - time);
}
