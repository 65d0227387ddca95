/** The first stage of the pipeline: what the wire carries, as `as` and the shape of the source say. */
import type { ResourceType } from "../lwm2m/sample.ts";
import { bytesStage } from "./bytes.ts";
import { ConversionError, type ConversionSpec } from "./conversion-types.ts";
import { enumKind } from "./enumeration.ts";
import { TYPE_NAMES } from "./lwm2m-type.ts";
import { findRawType, orderedType, type RawType } from "./raw-types.ts";
import { booleanScalar, numberScalar, textScalar } from "./scalars.ts";
import type { Stage } from "./stage.ts";

export interface Source {
  readonly type: RawType;
  /** Bytes on the wire, where the type or the mapping says. */
  readonly length?: number;
  readonly stage: Stage;
}

type SourceSpec = Pick<ConversionSpec, "shape" | "as" | "length" | "order" | "expr" | "enum">;

/** `resource` tells what a scalar without `as` must be. Throws ConversionError (`as`, `length`, `order`). */
export function makeSource(spec: SourceSpec, resource: ResourceType | undefined): Source {
  switch (spec.shape.kind) {
    case "bytes":
      return bytesSource(spec);
    case "boolean":
      return scalarSource(spec, "bool", ["bool"]);
    case "scalar":
      return scalarSource(spec, scalarKind(spec, resource), ["number", "string", "bool"]);
  }
}

/** `s16le` is s16 with the order DCBA; in registers `order` says it. */
function bytesSource(spec: SourceSpec): Source {
  const name = spec.as ?? spec.shape.defaultType;
  if (name === undefined)
    throw new ConversionError("as", `"as" is missing: bytes need a type such as u16, f32 or string`);
  const ordered = orderedType(name);
  const type = findRawType(ordered?.name ?? name);
  let { order } = spec;
  if (ordered !== undefined) {
    const letters = ordered.order === "le" ? "DCBA" : "ABCD";
    if (spec.shape.wordBytes === 2) {
      throw new ConversionError(
        "as",
        `"as: ${name}": in registers the order stands apart, "as: ${ordered.name}, order: ${letters}"`,
      );
    }
    order = letters;
  }
  const { length, ...stage } = bytesStage(type, {
    shape: spec.shape,
    ...(spec.length === undefined ? {} : { length: spec.length }),
    ...(order === undefined ? {} : { order }),
  });
  return { type, stage, ...(length === undefined ? {} : { length }) };
}

function scalarSource(spec: SourceSpec, kind: string, allowed: readonly string[]): Source {
  const type = findRawType(spec.as ?? kind);
  if (!allowed.includes(type.name)) {
    const what = allowed.length === 1 ? "true or false" : `one of ${allowed.join(", ")}`;
    throw new ConversionError("as", `"as: ${type.name}" is for bytes; this source is ${what}`);
  }
  if (spec.length !== undefined) throw new ConversionError("length", `"length" is for bytes; this source has none`);
  return { type, stage: type.kind === "number" ? numberScalar : type.kind === "bool" ? booleanScalar : textScalar };
}

function scalarKind(spec: SourceSpec, resource: ResourceType | undefined): string {
  // What an expression takes has nothing to do with what it gives.
  if (spec.expr !== undefined) return "number";
  if (spec.enum !== undefined) return enumKind(spec.enum);
  switch (resource) {
    case undefined:
    case "string":
    case "corelnk":
    case "objlnk":
      return "string";
    case "boolean":
      return "bool";
    case "float":
    case "integer":
    case "unsigned":
    case "time":
      return "number";
    case "opaque":
      throw new ConversionError(
        "as",
        `${TYPE_NAMES.opaque} needs bytes, and this source delivers text and numbers only`,
      );
  }
}
