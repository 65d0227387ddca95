/** The services and characteristics that the points of a mapping need. */
import type { PointId, SimulatedIdentity } from "../../../src/adapter.ts";
import type { CharacteristicRef } from "../central/session-types.ts";
import type { Property } from "../radio/radio.ts";
import { type Message, messagesOf, type PlayedBle, type PlayedPart } from "./composed.ts";

/** One characteristic, and what of the mapping is about it. */
export interface PlayedSpec {
  readonly uuid: string;
  readonly service: string;
  /** Which one of those with this UUID in the service. */
  readonly index: number;
  readonly properties: readonly Property[];
  readonly messages: readonly Message[];
  /** The points that are written there. */
  readonly written: readonly PointId[];
  /** Whether steps write there, too: it takes what is no value of a point. */
  readonly obeys: boolean;
  /** Whether what is written there is for the UART of the device. */
  readonly hears: boolean;
  /** Its value, where it is none of a point. */
  readonly constant?: Uint8Array | undefined;
}

/** Of what only is there. */
const UNHEARD = { obeys: false, hears: false };

/** Where the Bluetooth SIG has put the characteristics that mappings name without their service (Assigned Numbers, 3.4, 3.8; GATT services). */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  "1800": ["2a00", "2a01", "2a04"],
  "1809": ["2a1c", "2a1d", "2a1e", "2a21"],
  "180a": ["2a23", "2a24", "2a25", "2a26", "2a27", "2a28", "2a29", "2a2a", "2a50"],
  "180d": ["2a37", "2a38", "2a39"],
  "180f": ["2a19", "2bed"],
  "1810": ["2a35", "2a36", "2a49"],
  "1816": ["2a5b", "2a5c", "2a5d", "2a55"],
  "181a": [
    "2a6c",
    "2a6d",
    "2a6e",
    "2a6f",
    "2a70",
    "2a71",
    "2a72",
    "2a73",
    "2a75",
    "2a76",
    "2a77",
    "2a78",
    "2a79",
    "2a7a",
    "2a7b",
  ],
  "181d": ["2a9d", "2a9e"],
};
/** Of what the SIG does not know. */
const MAKERS_OWN = "fff0";

const IDENTITY = { manufacturer: "2a29", model: "2a24", version: "2a26" } as const;

/** All of them, those with an index in its order. */
export function playedSpecs({
  device: { uart, setup },
  points,
  steps = [],
  identity,
}: PlayedBle): readonly PlayedSpec[] {
  const refs = [...points.values()].flatMap(({ source, write }) => [
    ...(source.kind === "characteristic" ? [source.ref] : []),
    ...(write === undefined ? [] : [write.ref]),
  ]);
  if (uart !== undefined) refs.push(uart.write, uart.notify);
  const allSteps = [...setup, ...steps];
  for (const step of allSteps) {
    if ("write" in step) refs.push(step.write);
    else if ("expect" in step) refs.push(step.expect);
  }
  const found = new Map<string, Draft>();
  const draft = (ref: CharacteristicRef): Draft => {
    const service = serviceOf(ref, refs);
    const key = `${service} ${ref.uuid} ${ref.index ?? 0}`;
    const known = found.get(key) ?? new Draft(service, ref);
    found.set(key, known);
    return known;
  };
  for (const [id, { source, write }] of points) {
    if (source.kind === "characteristic")
      draft(source.ref).addPart({ point: id, part: source.part, begins: source.begins }, source.via);
    if (write !== undefined) draft(write.ref).addWrite(id, write.response);
  }
  for (const step of allSteps) {
    if ("write" in step) draft(step.write).addStep(step.response);
    else if ("expect" in step) draft(step.expect).addSaying();
  }
  if (uart !== undefined) {
    draft(uart.write).addHearing();
    draft(uart.notify).addSaying();
  }
  const specs = [...found.values()].map((one) => one.finished());
  return withGaps([...specs, ...identitySpecs(identity, specs)]);
}

class Draft {
  private readonly service: string;
  private readonly ref: CharacteristicRef;
  private readonly properties = new Set<Property>();
  private readonly parts: (PlayedPart & Pick<Message, "begins">)[] = [];
  private readonly written: PointId[] = [];
  private obeys = false;
  private hears = false;

  constructor(service: string, ref: CharacteristicRef) {
    this.service = service;
    this.ref = ref;
  }

  /** What tells its value can be read, too, as of most devices. */
  addPart(part: PlayedPart & Pick<Message, "begins">, via: "read" | "notify" | "indicate"): void {
    this.parts.push(part);
    this.properties.add("read").add(via);
  }

  addWrite(point: PointId, response: boolean | undefined): void {
    this.written.push(point);
    this.properties.add(response === false ? "write-without-response" : "write");
  }

  addStep(response: boolean | undefined): void {
    this.obeys = true;
    this.properties.add(response === false ? "write-without-response" : "write");
  }

  /** What is written to a UART is confirmed where the central wants it. */
  addHearing(): void {
    this.hears = true;
    this.properties.add("write").add("write-without-response");
  }

  addSaying(): void {
    this.properties.add("notify");
  }

  finished(): PlayedSpec {
    const { service, written, obeys, hears } = this;
    const { uuid, index = 0 } = this.ref;
    const messages = this.parts.length === 0 ? [] : messagesOf(this.parts);
    return { uuid, service, index, properties: [...this.properties], messages, written, obeys, hears };
  }
}

function serviceOf({ uuid, service }: CharacteristicRef, refs: readonly CharacteristicRef[]): string {
  const named = service ?? refs.find((ref) => ref.uuid === uuid && ref.service !== undefined)?.service;
  return named ?? Object.entries(HOMES).find(([, uuids]) => uuids.includes(uuid))?.[0] ?? MAKERS_OWN;
}

/** What the mapping says of the device in so many words, as its Device Information (DIS 1.2), unless it reads that itself. */
function identitySpecs(identity: SimulatedIdentity = {}, specs: readonly PlayedSpec[]): readonly PlayedSpec[] {
  return (["manufacturer", "model", "version"] as const).flatMap((key): PlayedSpec[] => {
    const [uuid, text] = [IDENTITY[key], identity[key]];
    if (text === undefined || specs.some((spec) => spec.uuid === uuid)) return [];
    const constant = Buffer.from(text, "utf8");
    return [{ uuid, service: "180a", index: 0, properties: ["read"], messages: [], written: [], ...UNHEARD, constant }];
  });
}

/** Of several with one UUID those that no point names are there all the same, in front. */
function withGaps(specs: readonly PlayedSpec[]): readonly PlayedSpec[] {
  return specs
    .flatMap((spec): PlayedSpec[] => {
      const { uuid, service, index } = spec;
      const isThere = (at: number): boolean =>
        specs.some((one) => one.uuid === uuid && one.service === service && one.index === at);
      const isLast = !specs.some((one) => one.uuid === uuid && one.service === service && one.index > index);
      const missing = isLast ? Array.from({ length: index }, (_, at) => at).filter((at) => !isThere(at)) : [];
      return [
        ...missing.map((at): PlayedSpec => ({ ...spec, index: at, messages: [], written: [], ...UNHEARD })),
        spec,
      ];
    })
    .sort((a, b) => a.index - b.index);
}
