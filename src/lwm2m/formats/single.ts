import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import { LEVEL, type Path, pathDepth } from "../path.ts";
import type { Sample } from "../sample.ts";
import type { TypeOf } from "./codec.ts";

/**
 * The one sample that a format for single values can carry: of a resource that is no multiple-instance resource, or of a
 * resource instance (Core 1.2 §7.5.1, §7.5.2). Throws Lwm2mError 4.06 for any other read, even where it has one value.
 */
export function onlySample(samples: readonly Sample[], base: Path, typeOf: TypeOf): Sample {
  const [sample] = samples;
  const depth = pathDepth(base);
  if (
    sample === undefined ||
    samples.length > 1 ||
    depth < LEVEL.resource ||
    (depth === LEVEL.resource && typeOf(base)?.multiple === true)
  ) {
    throw new Lwm2mError(CODE.notAcceptable, `${base} is not a single value: ask for SenML or TLV`);
  }
  return sample;
}
