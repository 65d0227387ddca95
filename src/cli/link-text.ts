/** Links of the running gateway, for a person. */
import type { HandledLink, LinkView, SetByHand } from "../gateway/links/link-admin.ts";
import { table } from "../table.ts";
import { countdown } from "./countdown.ts";
import { counted } from "./counted.ts";
import { linkLines } from "./link-status-text.ts";

const HEADING = ["LINK", "TYPE", "STATE", "DEVICES", "LOAD", "WAITING"];

export function linkTable(links: readonly LinkView[]): readonly string[] {
  if (links.length === 0) return ["no links"];
  const [heading = "", ...rows] = table([HEADING, ...links.map((link) => rowOf(link))]);
  return [heading, ...links.flatMap((link, i) => [rows[i] ?? "", ...troubleOf(link), ...byHand(link)])];
}

export function wholeLink(link: LinkView): readonly string[] {
  const { id, type, devices, lines = [], notes = [] } = link;
  const on = devices.length === 0 ? "no devices" : `${counted(devices.length, "device")}: ${devices.join(", ")}`;
  return [
    `${id} (${type}), ${stateOf(link)}`,
    `    ${on}`,
    ...troubleOf(link),
    ...byHand(link),
    ...lines.filter(({ trouble }) => trouble !== undefined).map(({ trouble }) => `    ${trouble}`),
    ...linkLines([{ id, lines, notes }]),
  ];
}

/** A line or more for each link that is not as the configuration has it. */
export function handledLines(links: readonly HandledLink[]): readonly string[] {
  return links.flatMap((link) => [
    ...(link.paused === undefined
      ? []
      : [`${link.paused.reason}: it goes on in ${countdown(link.paused.left)}, or by link resume ${link.id}`]),
    ...(link.set === undefined
      ? []
      : [`link ${link.id}: ${setText(link.set)} by hand; link set ${link.id} --reset takes it back`]),
  ]);
}

/** How it can be kept. */
export function keepLines(id: string, set: SetByHand): readonly string[] {
  return [
    `link ${id} has ${setText(set)} until the gateway is reloaded or restarted; its devices are attached anew`,
    `To keep it, write at ${id} in ${set.file}, line ${set.line}:`,
    ...set.keep.map((line) => `    ${line}`),
  ];
}

function rowOf(link: LinkView): readonly string[] {
  const { id, type, devices, lines } = link;
  const loads = lines?.map(({ load }) => `${load} %`).join(", ") ?? "-";
  const waiting = lines?.reduce((sum, line) => sum + line.waiting, 0);
  return [id, type, stateOf(link), String(devices.length), loads, waiting === undefined ? "-" : String(waiting)];
}

function stateOf({ paused, trouble, lines, devices }: LinkView): string {
  if (paused !== undefined) return `paused, goes on in ${countdown(paused.left)}`;
  if (trouble !== undefined) return "cannot be opened";
  if (lines === undefined) return devices.length === 0 ? "not in use" : "in use";
  const open = lines.filter((line) => line.open).length;
  if (open === lines.length) return "open";
  return open === 0 ? "down" : `${open} of ${lines.length} open`;
}

function troubleOf({ trouble }: LinkView): readonly string[] {
  return trouble === undefined ? [] : [`    ${trouble}`];
}

function byHand({ set }: LinkView): readonly string[] {
  return set === undefined ? [] : [`    ${setText(set)} by hand`];
}

function setText({ options }: SetByHand): string {
  return Object.entries(options)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}
