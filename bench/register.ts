/** What 1000 devices are on the wire: the Register in blocks, and object 25 read whole in the two formats for many values. */
import { CONTENT_FORMAT } from "../src/lwm2m/formats/codec.ts";
import type { GetFigures } from "./load/orders.ts";
import { goals, type Result } from "./result.ts";
import { type Bench, figuresOf, interleaved, pause } from "./run.ts";
import { round } from "./statistics.ts";
import { gateway } from "./subjects/gateway.ts";

const SUBJECT = "gateway, 1000 devices";
const SETTLE = 3000;

/** None of the peers stands before other devices: this has no counterpart there. */
export async function register(): Promise<Result> {
  const all = await interleaved((directory) => [gateway(1000, `${directory}/many`)], measure);
  const figures = figuresOf(all, SUBJECT);
  const whole = figures["tlv bytes"] >= 40_000 && figures["senml-cbor bytes"] >= 40_000;
  return {
    name: "register",
    figures,
    peers: {},
    ratio: null,
    ...goals([
      { text: "the object list names 1000 devices", met: figures["register links"] >= 1000 },
      { text: "/25 is read whole in TLV and SenML CBOR", met: whole },
    ]),
  };
}

async function measure({ generator, registration }: Bench) {
  await pause(SETTLE);
  const tlv = await generator.get({ path: "/25", accept: CONTENT_FORMAT.tlv });
  const cbor = await generator.get({ path: "/25", accept: CONTENT_FORMAT.senmlCbor });
  return {
    "register bytes": registration.bytes,
    "register blocks": registration.blocks,
    "register links": registration.links,
    "register duration": round(registration.completeAt - registration.firstBlockAt, 1),
    ...named("tlv", tlv),
    ...named("senml-cbor", cbor),
  };
}

function named<Name extends string>(name: Name, figures: GetFigures) {
  if (figures.code !== "2.05") throw new Error(`/25 in ${name} was answered ${figures.code}`);
  const { bytes, blocks, duration } = figures;
  return {
    [`${name} bytes`]: bytes,
    [`${name} blocks`]: blocks,
    [`${name} duration`]: round(duration, 1),
  } as Record<`${Name} bytes` | `${Name} blocks` | `${Name} duration`, number>;
}
