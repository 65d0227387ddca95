/** What packs of many devices cost a second, each sent by Send: those of everything, and those of `report:` entries. */
import { type Millis, SECOND } from "../clock.ts";
import { CONTENT_FORMAT, type TypeOf } from "../lwm2m/formats/codec.ts";
import { codecFor } from "../lwm2m/formats/index.ts";
import { makePath, type Path, pathParts, prefixOf } from "../lwm2m/path.ts";
import { meansIds, meansPrefix } from "../lwm2m/path-pattern.ts";
import type { ReportEntry } from "../lwm2m/report-entry.ts";
import type { Sample } from "../lwm2m/sample.ts";
import { type Carrier, type Cost, NOTHING, plus, times } from "./message-cost.ts";
import type { ExpectedValue } from "./polled-values.ts";

export interface Packing {
  /** Bytes of payload up to which samples go together. */
  readonly maxMessage: number;
  readonly typeOf: TypeOf;
  readonly carrier: Carrier;
}

/** Everything that is polled, each value at its own pace; those of one pace go together. */
export function packingCost(values: readonly ExpectedValue[], packing: Packing): Cost {
  return paced(values, packing, (period) => period);
}

/** What one entry tells, where every value changes at each poll. */
export function entryCost({ paths, when }: ReportEntry, values: readonly ExpectedValue[], packing: Packing): Cost {
  const meant = values.filter(({ sample }) =>
    paths.some((path) => meansPrefix(path, prefixOf(sample.path)) && meansIds(path, pathParts(sample.path))),
  );
  switch (when.type) {
    case "interval":
      return times(packsCost(samplesOf(meant), packing), SECOND / when.every);
    case "change":
      return paced(meant, packing, (period) => Math.max(period, (when.attributes.pmin ?? 0) * SECOND));
    case "sample":
      return packingCost(meant, packing);
  }
}

function paced(values: readonly ExpectedValue[], packing: Packing, paceOf: (period: Millis) => Millis): Cost {
  const groups = new Map<Millis, ExpectedValue[]>();
  for (const value of values) {
    if (value.period === undefined) continue;
    const pace = paceOf(value.period);
    const group = groups.get(pace);
    if (group === undefined) groups.set(pace, [value]);
    else group.push(value);
  }
  return [...groups]
    .map(([pace, own]) => times(packsCost(samplesOf(own), packing), SECOND / pace))
    .reduce(plus, NOTHING);
}

/** In as few messages as the limit allows. */
function packsCost(samples: readonly Sample[], { maxMessage, typeOf, carrier }: Packing): Cost {
  const contentFormat = CONTENT_FORMAT.senmlCbor;
  let cost = NOTHING;
  let size = FIRST_PACK;
  for (let at = 0; at < samples.length; at += size) {
    const packed = (): Uint8Array => encoded(samples.slice(at, at + size), ROOT, { contentFormat, typeOf });
    let payload = packed();
    while (payload.length <= maxMessage && at + size < samples.length) {
      size++;
      payload = packed();
    }
    while (payload.length > maxMessage && size > 1) {
      size--;
      payload = packed();
    }
    cost = plus(cost, carrier.send(payload, contentFormat));
  }
  return cost;
}

function samplesOf(values: readonly ExpectedValue[]): readonly Sample[] {
  return values.map(({ sample }) => sample);
}

/** As a notification or a Send has it. */
export function encoded(
  samples: readonly Sample[],
  base: Path,
  { contentFormat, typeOf }: { readonly contentFormat: number; readonly typeOf: TypeOf },
): Uint8Array {
  const codec = codecFor(contentFormat);
  if (codec === undefined) throw new RangeError(`there is no codec for Content-Format ${contentFormat}`);
  return codec.encode(samples, base, typeOf, { times: true });
}

export const ROOT: Path = makePath({ prefix: "" });
/** Values in the first try; the next begins with what the one before took. */
const FIRST_PACK = 32;
