import type { PointShape } from "../adapter.ts";
import type { ErrorCode } from "../error-codes.ts";
import { childOf, entryOf, type MapNode, type YamlNode } from "../yaml/nodes.ts";
import { placeInside } from "../yaml/place-inside.ts";
import { reportError } from "../yaml/read.ts";
import { type Conversion, ConversionError, type ConversionSpec, type Formula } from "./conversion-types.ts";
import { makeConversion } from "./convert.ts";
import { ExpressionError } from "./expression/syntax.ts";
import type { ResourceKeys } from "./keys.ts";
import { titleOf } from "./mapped-resource.ts";
import type { DeviceContext, ResolvableResource } from "./resource.ts";

export interface ConvertOptions {
  readonly context: DeviceContext;
  readonly writable: boolean;
  /** What comes in is the result of an expression. */
  readonly computed?: boolean;
}

/** The conversion that the core's keys of a resource make; undefined: reported. */
export function convert(
  keys: ResourceKeys,
  shape: PointShape,
  { mapped, node }: ResolvableResource,
  { context, writable, computed = false }: ConvertOptions,
): Conversion | undefined {
  try {
    const spec = specOf(keys, shape, { node, context, writable });
    return makeConversion(computed ? { ...spec, computed } : spec, mapped.definition);
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    const at = error.key.split(".").reduce<YamlNode | undefined>(childOf, node);
    const { cause } = error;
    const place =
      cause instanceof ExpressionError && at?.kind === "scalar"
        ? placeInside(at, cause.at)
        : (at?.place ?? mapped.key.place);
    const title = titleOf(mapped);
    reportError(
      context.report,
      place,
      error.message.includes(title) ? error.message : `${error.message} (${title})`,
      codeOf(error.key),
    );
    return undefined;
  }
}

function specOf(
  keys: ResourceKeys,
  shape: PointShape,
  { node, context, writable }: { readonly node: MapNode; readonly context: DeviceContext; readonly writable: boolean },
): ConversionSpec {
  const order = keys.order ?? context.order;
  const { poll: _poll, read: _read, write, const: _const, param: _param, do: _do, max_age: _age, expr, ...rest } = keys;
  const { enum: words, ...others } = defined({ ...rest, order });
  const formula = (text: string | undefined): Formula | undefined =>
    text === undefined ? undefined : { text, parameters: context.constants };
  const computed = defined({
    expr: formula(expr),
    writeExpr: formula(typeof write === "object" ? write.expr : undefined),
  });
  return {
    ...others,
    ...computed,
    ...(words === undefined ? {} : { enum: new Map(enumEntries(node)) }),
    shape,
    writable,
  };
}

/** In the order of the file, both sides as they are written: `0x01: true`. */
function enumEntries(node: MapNode): readonly (readonly [string, string])[] {
  const words = entryOf(node, "enum")?.value;
  if (words?.kind !== "map") return [];
  return words.entries.map(({ key, value }) => [key.text, value.kind === "scalar" ? value.text : ""]);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(keys: T): Defined<T> {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** What kind of trouble it is, by the key that made it. */
function codeOf(key: string): ErrorCode {
  const own = key.split(".").at(-1);
  if (own === "unit") return "LG315";
  return own === "expr" ? "LG316" : "LG323";
}
