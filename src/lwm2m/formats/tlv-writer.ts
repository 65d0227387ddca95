/** Writes samples as TLV (Core 1.2 §7.5.5), straight into the bytes: no structure is built only to be written. */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import { MAX_ID, type Path, pathParts } from "../path.ts";
import { isObjectLink, type Sample } from "../sample.ts";
import type { TypeOf } from "./codec.ts";
import { TLV_KIND, type TlvWriter, writeEntries } from "./tlv-bytes.ts";

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
  private readonly samples: Sample[];
  /** The IDs of each sample. */
  private readonly instances: number[];
  private readonly resources: number[];
  private readonly resourceInstances: number[];

  constructor(writer: TlvWriter, samples: readonly Sample[], typeOf: TypeOf) {
    this.writer = writer;
    this.typeOf = typeOf;
    this.samples = samples.slice();
    const { length } = samples;
    this.instances = new Array(length).fill(NONE);
    this.resources = new Array(length).fill(NONE);
    this.resourceInstances = new Array(length).fill(NONE);
    for (let i = 0; i < length; i++) {
      const sample = samples[i];
      if (sample === undefined) continue;
      const { instance, resource, resourceInstance } = pathParts(sample.path);
      if (instance !== undefined) this.instances[i] = instance;
      if (resource !== undefined) this.resources[i] = resource;
      if (resourceInstance !== undefined) this.resourceInstances[i] = resourceInstance;
    }
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
    const { instances, writer } = this;
    this.group(instances, 0, instances.length);
    for (let end = instances.length; end > 0; ) {
      const start = startOfRun(instances, 0, end);
      const after = writer.length;
      this.resourcesOf(start, end);
      writer.entry(TLV_KIND.objectInstance, instances[start] ?? NONE, after);
      end = start;
    }
  }

  private resourcesOf(from: number, to: number): void {
    const { resources } = this;
    this.group(resources, from, to);
    for (let end = to; end > from; ) {
      const start = startOfRun(resources, from, end);
      this.resource(resources[start] ?? NONE, start, end);
      end = start;
    }
  }

  private resource(id: number, start: number, end: number): void {
    const { writer } = this;
    const after = writer.length;
    const first = this.samples[start];
    if (start < end && first !== undefined && this.resourceInstances[start] === NONE) {
      this.value(first);
      writer.entry(TLV_KIND.resource, id, after);
    } else {
      // Core §7.5.5: several instances are possible, so it is a Multiple Resource, whatever their number.
      this.resourceInstancesOf(start, end);
      writer.entry(TLV_KIND.multipleResource, id, after);
    }
  }

  private resourceInstancesOf(start: number, end: number): void {
    for (let i = end - 1; i >= start; i--) {
      const sample = this.samples[i];
      if (sample === undefined) continue;
      const after = this.writer.length;
      this.value(sample);
      const id = this.resourceInstances[i] ?? NONE;
      this.writer.entry(TLV_KIND.resourceInstance, id === NONE ? 0 : id, after);
    }
  }

  /** As the bytes of its type (Table C-2). A type that is not known is taken from the value itself. */
  private value({ path, value }: Sample): void {
    const { writer } = this;
    if (typeof value === "number" && !Number.isInteger(value)) {
      writer.float(value);
    } else if (typeof value === "number" || typeof value === "bigint") {
      const type = this.typeOf(path)?.type;
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

  /** Brings samples with the same of these IDs together, where they are not. */
  private group(ids: readonly number[], start: number, end: number): void {
    if (isGrouped(ids, start, end)) return;
    const groups = new Map<number | undefined, number[]>();
    for (let i = start; i < end; i++) {
      const group = groups.get(ids[i]);
      if (group === undefined) groups.set(ids[i], [i]);
      else group.push(i);
    }
    const order = [...groups.values()].flat();
    reorder(this.samples, start, order);
    reorder(this.instances, start, order);
    reorder(this.resources, start, order);
    reorder(this.resourceInstances, start, order);
  }
}

/** Where a path ends above the level: larger than all IDs. */
const NONE = MAX_ID;

function startOfRun(ids: readonly number[], from: number, end: number): number {
  let start = end - 1;
  while (start > from && ids[start - 1] === ids[start]) start--;
  return start;
}

/** Whether each ID follows itself only. Many that do not rise are not looked through: false. */
function isGrouped(ids: readonly number[], start: number, end: number): boolean {
  let highest = -1;
  for (let i = start; i < end; i++) {
    const id = ids[i] ?? NONE;
    if (id > highest) highest = id;
    else if (id !== ids[i - 1] && (i - start > FEW || ids.indexOf(id, start) < i)) return false;
  }
  return true;
}

const FEW = 128;

/** Puts the items at these places, in this order, where the first of them stood. */
function reorder<T>(items: T[], start: number, order: readonly number[]): void {
  const before = items.slice();
  order.forEach((from, i) => {
    const item = before[from];
    if (item !== undefined) items[start + i] = item;
  });
}
