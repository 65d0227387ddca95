/**
 * TLV (Content-Format 11542): Core 1.2 §7.5.5. Names are IDs below the requested path; a prefix has no place in it (Gateway
 * TS §9), nor has a time.
 */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError, ProtocolError } from "../../errors.ts";
import { childPath, MAX_ID, type Path, type PathParts, pathParts } from "../path.ts";
import type { Value } from "../sample.ts";
import { CONTENT_FORMAT, type TimedPathValue, type TypeOf } from "./codec.ts";
import { KnownPaths } from "./known-paths.ts";
import type { ReportCodec } from "./report.ts";
import { TLV_KIND, type TlvEntry, tlvEntries } from "./tlv-bytes.ts";
import { TlvValues } from "./tlv-values.ts";
import { writeTlv } from "./tlv-writer.ts";
import { checkKnown, misfit, typeAtLeaf } from "./value.ts";

export const tlv: ReportCodec = {
  contentFormat: CONTENT_FORMAT.tlv,
  carriesTime: false,
  singleValue: false,
  encode: (samples, base, typeOf) => writeTlv(samples, base, typeOf),
  decode(payload, base, typeOf) {
    checkKnown(base, typeOf);
    return walk(payload, base, typeOf, strictLeaf);
  },
  decodeReport: (payload, { base, typeOf }) => walk(payload, base, typeOf, reportedLeaf),
};

/** Makes a value of the bytes at a resource or resource instance; undefined leaves it out. */
type Leaf = (path: Path, entry: TlvEntry, values: TlvValues, typeOf: TypeOf) => Value | undefined;

/** A Write: unknown resources below an instance are skipped (Core 1.2.2 §6.3.3), a wrong value fails the whole request. */
const strictLeaf: Leaf = (path, entry, values, typeOf) => {
  const type = typeAtLeaf(path, typeOf);
  if (type === undefined) return undefined;
  const value = values.read(entry, type);
  if (value === undefined) throw misfit(path, type, `${entry.end - entry.start} bytes of TLV`);
  if (typeof value === "number" && !Number.isFinite(value)) throw misfit(path, type, String(value));
  return value;
};

const reportedLeaf: Leaf = (path, entry, values, typeOf) => {
  const type = typeOf(path)?.type;
  return (type === undefined ? undefined : values.read(entry, type)) ?? values.data(entry);
};

function walk(payload: Uint8Array, base: Path, typeOf: TypeOf, leaf: Leaf): TimedPathValue[] {
  const walker = new TlvWalker(payload, base, typeOf, leaf);
  walker.walk(tlvEntries(payload));
  return walker.values;
}

/** Walks down from the base path; what the payload may begin with depends on the level of the base (Core §7.5.5.2). */
class TlvWalker {
  readonly values: TimedPathValue[] = [];
  private readonly source: TlvValues;
  private readonly base: Path;
  private readonly parts: PathParts;
  private readonly typeOf: TypeOf;
  private readonly leaf: Leaf;

  constructor(payload: Uint8Array, base: Path, typeOf: TypeOf, leaf: Leaf) {
    this.source = new TlvValues(payload);
    this.base = base;
    this.parts = pathParts(base);
    this.typeOf = typeOf;
    this.leaf = leaf;
  }

  walk(entries: readonly TlvEntry[]): void {
    const { object, instance, resource, resourceInstance } = this.parts;
    if (object === undefined) throw this.unexpected("TLV needs an object in the path");
    for (const entry of entries) {
      if (instance === undefined) this.underObject(entry);
      else if (resource === undefined) this.underInstance(entry, instance);
      else if (resourceInstance === undefined) this.underResource(entry, resource);
      else this.atResourceInstance(entry, resource, resourceInstance);
    }
  }

  private underObject(entry: TlvEntry): void {
    if (entry.kind !== TLV_KIND.objectInstance) throw this.unexpected("expected object instances");
    this.instanceAt(this.child(this.base, entry.id), this.within(entry));
  }

  /** A wrapper with the same instance is optional here: both forms are in use. */
  private underInstance(entry: TlvEntry, instance: number): void {
    if (entry.kind !== TLV_KIND.objectInstance) this.resource(this.base, entry);
    else if (entry.id === instance) this.instanceAt(this.base, this.within(entry));
    else throw this.unexpected(`object instance ${entry.id} lies outside`);
  }

  /** Bare resource instances stand for the Multiple Resource around them. */
  private underResource(entry: TlvEntry, resource: number): void {
    if (entry.kind === TLV_KIND.resourceInstance) this.instancesOf(this.base, [entry]);
    else if (entry.kind === TLV_KIND.objectInstance) throw this.unexpected("expected the resource");
    else if (entry.id !== resource) throw this.unexpected(`resource ${entry.id} lies outside`);
    else this.resourceAt(this.base, entry);
  }

  private atResourceInstance(entry: TlvEntry, resource: number, resourceInstance: number): void {
    if (entry.kind === TLV_KIND.resourceInstance) {
      if (entry.id !== resourceInstance) throw this.unexpected(`resource instance ${entry.id} lies outside`);
      this.value(this.base, entry);
    } else if (entry.kind === TLV_KIND.multipleResource && entry.id === resource) {
      for (const inner of this.within(entry)) {
        if (inner.kind !== TLV_KIND.resourceInstance) throw this.unexpected("expected resource instances");
        this.atResourceInstance(inner, resource, resourceInstance);
      }
    } else {
      throw this.unexpected("expected the resource instance");
    }
  }

  private instanceAt(path: Path, entries: readonly TlvEntry[]): void {
    for (const entry of entries) this.resource(path, entry);
  }

  private resource(instance: Path, entry: TlvEntry): void {
    if (entry.kind === TLV_KIND.objectInstance || entry.kind === TLV_KIND.resourceInstance) {
      throw this.unexpected("expected resources");
    }
    this.resourceAt(this.child(instance, entry.id), entry);
  }

  private resourceAt(path: Path, entry: TlvEntry): void {
    if (entry.kind === TLV_KIND.multipleResource) this.instancesOf(path, this.within(entry));
    else this.value(path, entry);
  }

  private instancesOf(path: Path, entries: readonly TlvEntry[]): void {
    for (const entry of entries) {
      if (entry.kind !== TLV_KIND.resourceInstance) throw this.unexpected("expected resource instances");
      this.value(this.child(path, entry.id), entry);
    }
  }

  private value(path: Path, entry: TlvEntry): void {
    const value = this.leaf(path, entry, this.source, this.typeOf);
    if (value !== undefined) this.values.push({ path, value });
  }

  private within({ start, end }: TlvEntry): TlvEntry[] {
    return tlvEntries(this.source.payload, start, end);
  }

  private child(parent: Path, id: number): Path {
    if (id >= MAX_ID) throw new ProtocolError(`TLV: ID ${id} is above 65534`);
    return knownChildren.get(parent, id) ?? knownChildren.add(parent, id, childPath(parent, id));
  }

  private unexpected(problem: string): Lwm2mError {
    return new Lwm2mError(CODE.badRequest, `TLV at ${this.base}: ${problem}`);
  }
}

const knownChildren = new KnownPaths<number>();
