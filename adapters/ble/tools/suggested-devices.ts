/** Which mapping fits what was found, of those that there are, and the line of config.yaml that makes it a device. */
import { DeviceError, type KnownMapping, reasonOf, type ToolContext, type ToolDevice } from "../../../src/adapter.ts";
import { findCharacteristic } from "../central/find-characteristic.ts";
import type { FieldValue } from "../decoders/decoder.ts";
import type { BlePoint } from "../points.ts";
import type { Service } from "../radio/radio.ts";
import type { BleDevice } from "../section.ts";
import { fieldText } from "./field-text.ts";
import type { Sighting } from "./sightings.ts";

export type MappedDevice = ToolDevice<BleDevice, BlePoint>;

/** Parameters that the mapping must have, and the values that were found for them. */
type Facts = Readonly<Record<string, string>>;

interface Candidate {
  readonly mapping: string;
  readonly facts: Facts;
  readonly device: MappedDevice;
}

/** A device that could be in config.yaml. */
export interface Suggestion {
  /** The best one first; none: there is no mapping for it. */
  readonly mappings: readonly string[];
  readonly facts: Facts;
}

/** Mappings, each with what it is for a device with certain facts; read once. */
export class MappingChoice {
  private readonly context: Pick<ToolContext<BleDevice, BlePoint>, "deviceOf" | "tell">;
  private readonly known: readonly KnownMapping[];

  constructor(context: Pick<ToolContext<BleDevice, BlePoint>, "deviceOf" | "tell">, known: readonly KnownMapping[]) {
    this.context = context;
    this.known = known;
  }

  /** By what it advertises: the mapping that says most of it. */
  async ofSighting(sighting: Sighting): Promise<Suggestion> {
    const { decoder, fields, fault } = sighting;
    const candidates = decoder === undefined ? [] : await this.candidates(factsOf(sighting));
    const ranked = candidates
      .filter(({ device }) => device.device.decode?.decoder === decoder)
      .map((candidate) => ({ ...candidate, score: score(candidate.device, fields) }))
      // Of an encrypted one nobody knows what it says.
      .filter((candidate) => fault !== undefined || candidate.score > 0)
      .sort((a, b) => b.score - a.score);
    return suggestion(ranked, sighting.address);
  }

  /** By what it has once it is connected to: the mapping that wants most of it, and nothing else. */
  async ofServices(address: string, services: readonly Service[]): Promise<Suggestion> {
    const ranked = (await this.candidates({ address: address.toUpperCase() }))
      .map((candidate) => ({ ...candidate, wanted: wantedOf(candidate.device) }))
      .filter(({ wanted }) => wanted.length > 0 && wanted.every((ref) => has(services, ref)))
      .sort((a, b) => b.wanted.length - a.wanted.length);
    return suggestion(ranked, address);
  }

  private async candidates(facts: Facts): Promise<readonly Candidate[]> {
    const found: Candidate[] = [];
    for (const { name, required } of this.known) {
      if (!required.every((parameter) => facts[parameter] !== undefined)) continue;
      const own = Object.fromEntries(required.map((parameter) => [parameter, facts[parameter] ?? ""]));
      const device = await this.deviceOf(name, own);
      if (device !== undefined) found.push({ mapping: name, facts: own, device });
    }
    return found;
  }

  /** One that is wrong is no reason to stop: `check` says what is wrong with it. */
  private async deviceOf(name: string, facts: Facts): Promise<MappedDevice | undefined> {
    const parameters = Object.entries(facts).map(([parameter, value]) => `${parameter}=${value}`);
    return this.context.deviceOf(name, parameters).catch((error: unknown) => {
      this.context.tell(`# the mapping ${name} is left out: ${reasonOf(error)}`);
      return undefined;
    });
  }
}

/** What was found, under the names that parameters of mappings have. */
function factsOf({ address, name, fields }: Sighting): Facts {
  const said = [...fields].map(([field, value]): [string, string] => [field, fieldText(value)]);
  return { ...Object.fromEntries(said), ...(name === undefined ? {} : { name }), address: address.toUpperCase() };
}

function suggestion(ranked: readonly Candidate[], address: string): Suggestion {
  const [best] = ranked;
  return {
    mappings: ranked.map(({ mapping }) => mapping),
    facts: best?.facts ?? { address: address.toUpperCase() },
  };
}

/** What of the mapping is said; what it wants and is not said counts against it. */
function score({ points }: MappedDevice, fields: ReadonlyMap<string, FieldValue>): number {
  const wanted = [...points.values()].flatMap(({ point: { source } }) =>
    source.kind === "field" ? [source.field] : [],
  );
  const said = wanted.filter((field) => fields.has(field)).length;
  return said === 0 ? 0 : said - (wanted.length - said) / 100;
}

function wantedOf({ points }: MappedDevice) {
  return [...points.values()].flatMap(({ point: { source } }) =>
    source.kind === "characteristic" ? [source.ref] : [],
  );
}

function has(services: readonly Service[], ref: Parameters<typeof findCharacteristic>[1]): boolean {
  try {
    findCharacteristic(services, ref);
    return true;
  } catch (error) {
    if (error instanceof DeviceError) return false;
    throw error;
  }
}
