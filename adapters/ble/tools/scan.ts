/** `scan ble`: who is heard on the air, what that is, and lines for `devices:`. Nobody is connected to. */
import {
  commentText,
  flowMap,
  formatDuration,
  idOf,
  type Millis,
  SECOND,
  type Tool,
  type ToolContext,
  type ToolReport,
  table,
  typedSpan,
  yamlText,
} from "../../../src/adapter.ts";
import type { BlePoint } from "../points.ts";
import type { BleDevice } from "../section.ts";
import { askToHear } from "./asks.ts";
import { fieldsText, hexText } from "./field-text.ts";
import { serviceName } from "./known-uuids.ts";
import { type Sighting, Sightings } from "./sightings.ts";
import { MappingChoice, type Suggestion } from "./suggested-devices.ts";
import { type OpenLink, openWire, type Wire } from "./wire.ts";

const USUAL_SPAN: Millis = 15 * SECOND;
/** The link tells what it heard in between, so that Ctrl-C has something to end. */
const SLICE: Millis = 2 * SECOND;

export function scan(open: OpenLink): Tool<BleDevice, BlePoint> {
  return {
    summary: "Listens to Bluetooth devices for a while: who they are, what they say, and lines for config.yaml.",
    talks: true,
    options: {
      for: { type: "string", value: "TIME", help: "How long to listen.", default: formatDuration(USUAL_SPAN) },
      name: { type: "string", value: "TEXT", help: "Only devices with this in their name or address." },
    },
    async run(args, context) {
      const span = typedSpan(args, "for") ?? USUAL_SPAN;
      const wire = await openWire(args, context, open);
      context.tell(`listening with ${wire.name} for ${formatDuration(span)}. Ctrl-C ends it, and shows what was found`);
      const sightings = new Sightings();
      try {
        await listen(wire, { span, sightings }, context);
      } finally {
        await wire.close();
      }
      return reportOf(sightings, (args.text("name") ?? "").toLowerCase(), context);
    },
  };
}

async function listen(
  { ask }: Wire,
  { span, sightings }: { readonly span: Millis; readonly sightings: Sightings },
  { clock, signal, tell, progress }: ToolContext,
): Promise<void> {
  const end = clock.monotonic() + span;
  const left = (): number => Math.max(0, Math.ceil((end - clock.monotonic()) / SECOND));
  progress(() => `${sightings.all.length} heard so far, ${left()} s to go`);
  for (let rest = span; rest > 0 && !signal.aborted; rest = end - clock.monotonic()) {
    for (const advertisement of await askToHear(ask, { span: Math.min(SLICE, rest) })) {
      if (sightings.hear(advertisement)) tell(`heard ${nameOf(advertisement)}`);
    }
  }
}

interface Found {
  readonly sighting: Sighting;
  readonly suggestion: Suggestion;
  readonly id: string;
  readonly line: string;
}

async function reportOf(
  sightings: Sightings,
  wanted: string,
  context: ToolContext<BleDevice, BlePoint>,
): Promise<ToolReport> {
  const shown = sightings.all.filter(({ address, name = "" }) => `${address} ${name.toLowerCase()}`.includes(wanted));
  const choice = new MappingChoice(context, await context.mappings());
  const taken = new Set<string>();
  const found: Found[] = [];
  for (const sighting of shown) {
    found.push(foundOf(sighting, await choice.ofSighting(sighting), { taken, link: context.link?.id ?? "LINK" }));
  }
  return {
    lines: [
      ...(found.length === 0 ? [NOBODY] : airLines(shown)),
      ...(sightings.missed === 0 ? [] : [`${sightings.missed} advertisements were of further addresses`]),
      ...deviceLines(found),
    ],
    data: found.map(dataOf),
    ok: found.length > 0,
  };
}

const NOBODY =
  "nobody was heard: devices may advertise seldom (--for 2m), sleep, be connected to a phone, or be out of reach";

function airLines(shown: readonly Sighting[]): readonly string[] {
  const head = ["address", "type", "RSSI", "heard", "name", "says"];
  const rows = shown.map((sighting) => [
    sighting.address,
    sighting.addressType ?? "",
    sighting.rssi === undefined ? "" : String(sighting.rssi),
    String(sighting.packets),
    commentText(sighting.name ?? ""),
    saysOf(sighting),
  ]);
  return table([head, ...rows]);
}

/** What it is, as far as that is known. */
function saysOf({ decoder, fields, fault, ...others }: Sighting): string {
  if (decoder !== undefined) return `${decoder.title}: ${commentText(fault ?? fieldsText(fields, decoder.fields))}`;
  const services = new Set([...others.services, ...others.serviceData.keys()]);
  const parts = [
    ...[...services].map((uuid) => `${uuid}${serviceName(uuid) === undefined ? "" : ` (${serviceName(uuid)})`}`),
    ...[...others.manufacturerData].map(
      ([company, data]) => `company 0x${company.toString(16).padStart(4, "0")}: ${hexText(data)}`,
    ),
    ...(others.connectable ? ["connectable"] : []),
  ];
  return parts.join(", ");
}

function foundOf(
  sighting: Sighting,
  suggestion: Suggestion,
  { taken, link }: { readonly taken: Set<string>; readonly link: string },
): Found {
  const { name, address, decoder, fault } = sighting;
  const {
    mappings: [mapping, ...others],
    facts,
  } = suggestion;
  const id = idOf(name ?? `${decoder?.name ?? "ble"}-${address.slice(-5)}`, taken);
  const entry = flowMap([
    ["id", yamlText(id)],
    ["mapping", mapping ?? "MAPPING"],
    ["link", yamlText(link)],
    ...Object.entries(facts).map(([parameter, value]): [string, string] => [parameter, JSON.stringify(value)]),
    ...(fault !== undefined && decoder?.keyBytes !== undefined ? [["key", `!secret ${id}_key`] as const] : []),
  ]);
  const or = others.length > 0 && fault !== undefined ? `or ${others.join(", ")}` : undefined;
  const notes = [decoder?.title, fault, or].filter((note) => note !== undefined);
  return {
    sighting,
    suggestion,
    id,
    line: `- ${entry}${notes.length === 0 ? "" : `  # ${commentText(notes.join("; "))}`}`,
  };
}

function deviceLines(found: readonly Found[]): readonly string[] {
  const ready = found.filter(({ suggestion }) => suggestion.mappings.length > 0);
  const others = found.filter(({ suggestion, sighting }) => suggestion.mappings.length === 0 && sighting.connectable);
  return [
    ...(ready.length === 0 ? [] : ["", "for devices: of config.yaml", ...ready.map(({ line }) => `  ${line}`)]),
    ...(others.length === 0
      ? []
      : [
          "",
          `what a connectable device has, and which mapping fits it, says: probe ble ${others[0]?.sighting.address}`,
        ]),
  ];
}

function dataOf({ sighting, suggestion, id, line }: Found) {
  const { decoder, fields, services, serviceData, manufacturerData, ...others } = sighting;
  return {
    ...others,
    services: [...services],
    serviceData: [...serviceData].map(([service, data]) => ({ service, data: hexText(data, "") })),
    manufacturerData: [...manufacturerData].map(([company, data]) => ({ company, data: hexText(data, "") })),
    format: decoder?.name ?? null,
    fields: Object.fromEntries([...fields].map(([name, value]) => [name, plainField(value)])),
    mappings: suggestion.mappings,
    id,
    line,
  };
}

function plainField(value: unknown): unknown {
  if (value instanceof Uint8Array) return hexText(value, "");
  return typeof value === "bigint" ? String(value) : value;
}

function nameOf({ address, name }: { readonly address: string; readonly name?: string | undefined }): string {
  return name === undefined ? address : `${address} ${commentText(name)}`;
}
