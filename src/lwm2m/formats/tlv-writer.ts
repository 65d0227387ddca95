/** Writes samples as TLV (Core 1.2 §7.5.5), straight into the bytes: no structure is built only to be written. */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import { type Path, pathParts } from "../path.ts";
import { isObjectLink, type ResourceType, type Sample } from "../sample.ts";
import type { TypeOf } from "./codec.ts";
import { TLV_KIND, type TlvWriter, writeEntries } from "./tlv-bytes.ts";
import { KnownNames, NONE, type TlvName } from "./tlv-names.ts";

/**
 * What a read of `base` gives; those of one ID together, in the order in which the IDs first stand there. Throws
 * Lwm2mError 4.06 above an object.
 */
export function writeTlv(samples: readonly Sample[], base: Path, typeOf: TypeOf): Uint8Array {
  return writeEntries((writer) => new TlvEncoder(writer, samples, typeOf).read(base));
}

/** Goes through the samples from the last to the first: see TlvWriter. */
class TlvEncoder {
  private readonly writer: TlvWriter;
  private readonly typeOf: TypeOf;
  private samples: readonly Sample[];
  /** Of each sample. */
  private names: readonly TlvName[];
  /** By the ID of the resource: a payload is of one object. */
  private types: Map<number, ResourceType | undefined> | undefined;

  constructor(writer: TlvWriter, samples: readonly Sample[], typeOf: TypeOf) {
    this.writer = writer;
    this.typeOf = typeOf;
    this.samples = samples;
    this.names = knownNames.of(samples);
  }

  read(base: Path): void {
    const { object, instance, resource, resourceInstance } = pathParts(base);
    if (object === undefined) throw new Lwm2mError(CODE.notAcceptable, `TLV cannot carry ${base}: ask for SenML`);
    const { length } = this.samples;
    if (resourceInstance !== undefined) this.resourceInstancesOf(0, Math.min(length, 1));
    else if (resource !== undefined) this.resource(resource, 0, length);
    else if (instance !== undefined) this.resourcesOf(0, length);
    else this.objectInstances();
  }

  /** Core §7.5.5.2: a read of an object wraps each instance, even where there is only one. */
  private objectInstances(): void {
    const { writer } = this;
    if (!isGrouped(this.names, "instance")) this.group("instance");
    const { names } = this;
    for (let end = names.length; end > 0; ) {
      const id = names[end - 1]?.instance ?? NONE;
      let start = end - 1;
      while (start > 0 && names[start - 1]?.instance === id) start--;
      const after = writer.length;
      this.resourcesOf(start, end);
      writer.entry(TLV_KIND.objectInstance, id, after);
      end = start;
    }
  }

  private resourcesOf(from: number, to: number): void {
    if (!isGrouped(this.names, "resource", from, to)) this.group("resource", from, to);
    const { names } = this;
    for (let end = to; end > from; ) {
      const id = names[end - 1]?.resource ?? NONE;
      let start = end - 1;
      while (start > from && names[start - 1]?.resource === id) start--;
      this.resource(id, start, end);
      end = start;
    }
  }

  private resource(id: number, start: number, end: number): void {
    const { writer } = this;
    const after = writer.length;
    const first = this.samples[start];
    const name = this.names[start];
    if (start < end && first !== undefined && name?.resourceInstance === NONE) {
      this.value(first, name);
      writer.entry(TLV_KIND.resource, id, after);
    } else {
      // Core §7.5.5: several instances are possible, so it is a Multiple Resource, whatever their number.
      this.resourceInstancesOf(start, end);
      writer.entry(TLV_KIND.multipleResource, id, after);
    }
  }

  private resourceInstancesOf(start: number, end: number): void {
    const { samples, names, writer } = this;
    for (let i = end - 1; i >= start; i--) {
      const sample = samples[i];
      const name = names[i];
      if (sample === undefined || name === undefined) continue;
      const after = writer.length;
      this.value(sample, name);
      writer.entry(TLV_KIND.resourceInstance, name.resourceInstance === NONE ? 0 : name.resourceInstance, after);
    }
  }

  /** As the bytes of its type (Table C-2). A type that is not known is taken from the value itself. */
  private value({ path, value }: Sample, { resource }: TlvName): void {
    const { writer } = this;
    if (typeof value === "number" && !Number.isInteger(value)) {
      writer.float(value);
    } else if (typeof value === "number" || typeof value === "bigint") {
      const type = this.typeAt(path, resource);
      if (type === "float") writer.float(Number(value));
      else writer.integer(value, type === "unsigned");
    } else if (typeof value === "string") {
      writer.text(value);
    } else if (typeof value === "boolean") {
      writer.integer(value ? 1 : 0, true);
    } else if (isObjectLink(value)) {
      writer.link(value.object, value.instance);
    } else {
      writer.data(value);
    }
  }

  private typeAt(path: Path, resource: number): ResourceType | undefined {
    this.types ??= new Map();
    const known = this.types.get(resource);
    if (known !== undefined) return known;
    const type = this.typeOf(path)?.type;
    this.types.set(resource, type);
    return type;
  }

  /** Brings samples with the same of these IDs together. */
  private group(level: Level, start = 0, end = this.names.length): void {
    const groups = new Map<number, number[]>();
    for (let i = start; i < end; i++) {
      const id = idOf(this.names[i], level);
      const group = groups.get(id);
      if (group === undefined) groups.set(id, [i]);
      else group.push(i);
    }
    const order = [...groups.values()].flat();
    this.samples = reordered(this.samples, start, order);
    this.names = reordered(this.names, start, order);
  }
}

const knownNames = new KnownNames();

type Level = "instance" | "resource";

function idOf(name: TlvName | undefined, level: Level): number {
  if (name === undefined) return NONE;
  return level === "instance" ? name.instance : name.resource;
}

/** Whether each ID follows itself only. Many that do not rise are not looked through: false. */
function isGrouped(names: readonly TlvName[], level: Level, start = 0, end = names.length): boolean {
  let highest = -1;
  let before = -1;
  // By their last five bits: of those that were not met by these nothing need be compared.
  let met = 0;
  for (let i = start; i < end; i++) {
    const id = idOf(names[i], level);
    if (id === before) continue;
    const bit = 1 << id;
    if (id <= highest && (met & bit) !== 0 && (i - start > FEW || standsBefore(i, names, level, start))) return false;
    if (id > highest) highest = id;
    met |= bit;
    before = id;
  }
  return true;
}

const FEW = 128;

/** Whether the ID at this place stands at an earlier one, too. */
function standsBefore(place: number, names: readonly TlvName[], level: Level, start: number): boolean {
  const id = idOf(names[place], level);
  for (let i = start; i < place; i++) if (idOf(names[i], level) === id) return true;
  return false;
}

/** The items at these places, in this order, where the first of them stood. */
function reordered<T>(items: readonly T[], start: number, order: readonly number[]): readonly T[] {
  const all = items.slice();
  order.forEach((from, i) => {
    const item = items[from];
    if (item !== undefined) all[start + i] = item;
  });
  return all;
}
