/** `probe ble`: connects to a device once, and shows what it has. */
import {
  DeviceError,
  flowMap,
  formatDuration,
  idOf,
  type Millis,
  SECOND,
  type Tool,
  type ToolArguments,
  type ToolContext,
  type ToolReport,
  typedSpan,
  WrongArguments,
  yamlText,
} from "../../../src/adapter.ts";
import type { CharacteristicRef } from "../central/session-types.ts";
import { nameOfRef, refOf } from "../characteristic.ts";
import { characteristicDecoders } from "../decoders/index.ts";
import { addressSchema, bytesOfHex, noHex } from "../keys.ts";
import { characteristicValue, Refusal } from "../point-value.ts";
import type { BlePoint } from "../points.ts";
import type { Service } from "../radio/radio.ts";
import { normalUuid } from "../radio/uuid.ts";
import type { BleDevice } from "../section.ts";
import { askToVisit, type Visit, type VisitedCharacteristic, type VisitRequest } from "./asks.ts";
import { fieldsText, hexText, numbersText, spelled } from "./field-text.ts";
import { characteristicName, serviceName } from "./known-uuids.ts";
import { type MappedDevice, MappingChoice } from "./suggested-devices.ts";
import { type OpenLink, openWire } from "./wire.ts";

const USUAL_SPAN: Millis = 3 * SECOND;

export function probe(open: OpenLink): Tool<BleDevice, BlePoint> {
  return {
    summary:
      "Connects to a Bluetooth device once: its services and characteristics, what they say, and which mapping fits.",
    positionals: "ADDRESS [CHARACTERISTIC [BYTES]]",
    talks: true,
    options: {
      for: {
        type: "string",
        value: "TIME",
        help: "How long to listen to what it notifies.",
        default: formatDuration(USUAL_SPAN),
      },
      "address-type": { type: "string", value: "public|random", help: "Kind of its address; default: as advertised." },
      mapping: { type: "string", value: "NAME", help: "A mapping: its name, or its file; values are explained by it." },
      param: { type: "string", value: "NAME=VALUE", help: "A parameter of the mapping; may be repeated." },
    },
    async run(args, context) {
      const request = visitOf(args);
      const mapped = await mappedDevice(args, request, context);
      const wire = await openWire(args, context, open);
      context.tell(`connecting to ${request.address} with ${wire.name}`);
      try {
        const visit = await askToVisit(wire.ask, request);
        return await reportOf(visit, { request, mapped }, context);
      } finally {
        await wire.close();
      }
    },
  };
}

/** Throws WrongArguments. */
function visitOf(args: ToolArguments): Omit<VisitRequest, "kind"> {
  const [address, characteristic, bytes, surplus] = args.positionals;
  if (address === undefined)
    throw new WrongArguments("which device? expected its ADDRESS: scan ble shows who is there");
  if (surplus !== undefined) throw new WrongArguments(`expected BYTES in quotes: "${surplus}" is left over`);
  const read = addressSchema.safeParse(address);
  if (read.error !== undefined) throw new WrongArguments(read.error.issues[0]?.message ?? address);
  const addressType = args.text("address-type");
  if (addressType !== undefined && addressType !== "public" && addressType !== "random")
    throw new WrongArguments(`--address-type ${addressType}: expected public or random`);
  return {
    address: read.data,
    span: typedSpan(args, "for") ?? USUAL_SPAN,
    ...(addressType === undefined ? {} : { addressType }),
    ...(characteristic === undefined ? {} : { only: typedRef(characteristic) }),
    ...(bytes === undefined ? {} : { write: typedBytes(bytes) }),
  };
}

/** As a mapping names it in its vectors: `2a19`, `180f/2a19`, `fff0/fff1/1`. */
function typedRef(text: string): CharacteristicRef {
  const parts = text.split("/");
  const [uuid, service, index] = parts.length === 1 ? [parts[0]] : [parts[1], parts[0], parts[2]];
  const meant = normalUuid(uuid ?? "");
  const within = service === undefined ? undefined : normalUuid(service);
  const wrong = meant === undefined || (service !== undefined && within === undefined) || parts.length > 3;
  if (wrong || (index !== undefined && !/^\d{1,2}$/.test(index)))
    throw new WrongArguments(
      `"${text}" is no characteristic; expected its UUID, e.g. 2a19, or 180f/2a19 with the service`,
    );
  return refOf(meant, { service: within, index: index === undefined ? undefined : Number(index) });
}

function typedBytes(text: string): Uint8Array {
  const bytes = bytesOfHex(text);
  if (bytes === undefined || bytes.length === 0) throw new WrongArguments(noHex(text));
  return bytes;
}

async function mappedDevice(
  args: ToolArguments,
  { address }: Pick<VisitRequest, "address">,
  { deviceOf, mappings }: ToolContext<BleDevice, BlePoint>,
): Promise<MappedDevice | undefined> {
  const mapping = args.text("mapping");
  const parameters = args.texts("param");
  if (mapping === undefined) {
    if (parameters.length > 0) throw new WrongArguments(`--param ${parameters[0]}: of which mapping? --mapping NAME`);
    return undefined;
  }
  const known = (await mappings()).find(({ name }) => name === mapping);
  const said = parameters.some((parameter) => parameter.startsWith("address="));
  const own = !said && known?.required.includes("address") === true ? [`address=${address}`] : [];
  return deviceOf(mapping, [...own, ...parameters]);
}

interface Asked {
  readonly request: Omit<VisitRequest, "kind">;
  readonly mapped: MappedDevice | undefined;
}

async function reportOf(
  visit: Visit,
  { request, mapped }: Asked,
  context: ToolContext<BleDevice, BlePoint>,
): Promise<ToolReport> {
  const { address, only } = request;
  const services = servicesOf(visit);
  const shown =
    only === undefined ? visit.characteristics : visit.characteristics.filter((each) => isMeant(each, only));
  const choice = new MappingChoice(context, await context.mappings());
  const { mappings, facts } = await choice.ofServices(address, services);
  const id = idOf(`ble-${address.slice(-5)}`, new Set());
  const link = context.link?.id ?? "LINK";
  const device = mappings.map((mapping) =>
    flowMap([["id", id], ["mapping", mapping], ["link", yamlText(link)], ...quoted(facts)]),
  );
  return {
    lines: [
      `${address}: ${visit.characteristics.length} characteristics in ${services.length} services, MTU ${visit.mtu}`,
      ...shown.flatMap((each, at) => [
        ...(shown[at - 1]?.service === each.service ? [] : [serviceLine(each.service)]),
        ...characteristicLines(each, mapped),
      ]),
      ...(device.length === 0 ? [] : ["", "for devices: of config.yaml", ...device.map((line) => `  - ${line}`)]),
    ],
    data: { address, mtu: visit.mtu, characteristics: shown.map((each) => dataOf(each, mapped)), mappings },
    ok: shown.every(({ fault }) => only === undefined || fault === undefined),
  };
}

function quoted(facts: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(facts).map(([name, value]): [string, string] => [name, JSON.stringify(value)]);
}

function servicesOf({ characteristics }: Visit): readonly Service[] {
  const services = new Map<string, Service["characteristics"][number][]>();
  for (const [id, { service, uuid, properties }] of characteristics.entries()) {
    const own = services.get(service) ?? [];
    services.set(service, own);
    own.push({ id, uuid, service, properties: new Set(properties) });
  }
  return [...services].map(([uuid, own]) => ({ uuid, characteristics: own }));
}

function isMeant({ uuid, service, index }: VisitedCharacteristic, only: CharacteristicRef): boolean {
  if (uuid !== only.uuid || (only.service !== undefined && service !== only.service)) return false;
  return only.index === undefined || (index ?? 0) === only.index;
}

function serviceLine(uuid: string): string {
  const name = serviceName(uuid);
  return `service ${uuid}${name === undefined ? "" : ` ${name}`}`;
}

function characteristicLines(each: VisitedCharacteristic, mapped: MappedDevice | undefined): readonly string[] {
  const { uuid, index, properties, value, notified, fault } = each;
  const name = characteristicName(uuid);
  const head = [`  ${uuid}${index === undefined ? "" : `/${index}`}`, ...(name === undefined ? [] : [name])].join(" ");
  return [
    `${head}: ${properties.join(", ")}`,
    ...(value === undefined ? [] : [`    ${meaning(uuid, value)}`]),
    ...notified.map((bytes) => `    told: ${meaning(uuid, bytes)}`),
    ...(fault === undefined ? [] : [`    not had: ${fault}`]),
    ...[...(value === undefined ? [] : [value]), ...notified.slice(-1)].flatMap((bytes) =>
      explained(each, bytes, mapped).map((line) => `    ${line}`),
    ),
  ];
}

/** The bytes, and what they could be. */
function meaning(uuid: string, bytes: Uint8Array): string {
  if (bytes.length === 0) return "(empty)";
  const known = knownFields(uuid, bytes);
  const text = spelled(bytes);
  const guesses =
    known === undefined ? [...(text === undefined ? [] : [JSON.stringify(text)]), ...numbersText(bytes)] : [known];
  return [hexText(bytes), ...guesses].join("  ");
}

function knownFields(uuid: string, bytes: Uint8Array): string | undefined {
  const decoder = characteristicDecoders.get(uuid);
  if (decoder === undefined) return undefined;
  try {
    return fieldsText(decoder.decode(bytes).fields, decoder.fields);
  } catch (error) {
    // The bytes are not what the decoder knows: they are shown as any others are.
    if (error instanceof DeviceError) return undefined;
    throw error;
  }
}

interface ExplainedValue {
  readonly point: string;
  readonly name: string;
  readonly unit?: string;
  readonly value?: string;
  readonly bad?: string;
}

function valuesOf(
  each: VisitedCharacteristic,
  bytes: Uint8Array,
  mapped: MappedDevice | undefined,
): readonly ExplainedValue[] {
  return [...(mapped?.points ?? [])].flatMap(
    ([
      point,
      {
        point: { source },
        name,
        unit,
      },
    ]): ExplainedValue[] => {
      if (source.kind !== "characteristic" || !isMeant(each, source.ref) || mapped === undefined) return [];
      const found = characteristicValue(source, bytes);
      if (found === undefined) return [];
      const outcome = found instanceof Refusal ? { bad: found.reason } : mapped.valueOf(point, found);
      return [{ point, name, ...(unit === undefined ? {} : { unit }), ...outcome }];
    },
  );
}

function explained(
  each: VisitedCharacteristic,
  bytes: Uint8Array,
  mapped: MappedDevice | undefined,
): readonly string[] {
  return valuesOf(each, bytes, mapped).map(({ point, name, unit, value, bad }) => {
    const said = bad === undefined ? [value, unit].filter((part) => part !== undefined).join(" ") : `no value: ${bad}`;
    return `${point}  ${name}  ${said}`;
  });
}

function dataOf(each: VisitedCharacteristic, mapped: MappedDevice | undefined) {
  const { service, uuid, index, properties, value, notified, fault } = each;
  const newest = notified.at(-1) ?? value;
  return {
    ...{ service, uuid, name: characteristicName(uuid) ?? null, reference: nameOfRef(refOf(uuid, { service, index })) },
    properties,
    value: value === undefined ? null : hexText(value, ""),
    notified: notified.map((bytes) => hexText(bytes, "")),
    ...(fault === undefined ? {} : { fault }),
    values: newest === undefined ? [] : valuesOf(each, newest, mapped),
  };
}
