/** What 1000 devices are on the wire: the Register in blocks, and object 25 read whole in the two formats for many values. */
import { CONTENT_FORMAT } from "../src/lwm2m/formats/codec.ts";
import type { GetFigures } from "./load/orders.ts";
import type { Result } from "./result.ts";
import { type Bench, figuresOf, interleaved, pause } from "./run.ts";
import { round } from "./statistics.ts";
import { gateway } from "./subjects/gateway.ts";

const MANY = "gateway, 1000 devices";
/** Until every simulated device has been polled once, in milliseconds. */
const SETTLE = 3000;
/** Id, prefix and objects of a device take more than this in any format. */
const LEAST_BYTES = 1000 * 60;

const ABOUT = `The object list of 1000 devices in the Register, and \`GET /25\` block by block (1024 bytes, one block after the other).
Times are from the first block to the last, as the server sees them. None of the peers stands before other devices: there is
nothing to compare.`;

export async function register(): Promise<Result> {
  const all = await interleaved((directory) => [gateway(1000, `${directory}/many`)], measure);
  const figures = figuresOf(all, MANY);
  const tlv = figures["/25 TLV bytes"];
  const cbor = figures["/25 SenML CBOR bytes"];
  return {
    name: "register",
    about: ABOUT,
    figures,
    variants: {},
    peers: {},
    ratio: null,
    goals: [
      {
        goal: "the Register lists 1000 devices",
        reached: `${figures["Register links"]} links`,
        met: figures["Register links"] >= 1000,
      },
      {
        goal: "/25 read whole in TLV and SenML CBOR, 1000 devices",
        reached: `${tlv} and ${cbor} bytes`,
        met: Math.min(tlv, cbor) >= LEAST_BYTES,
      },
    ],
  };
}

async function measure({ generator, registration }: Bench) {
  await pause(SETTLE);
  const tlv = await generator.get({ path: "/25", accept: CONTENT_FORMAT.tlv });
  const cbor = await generator.get({ path: "/25", accept: CONTENT_FORMAT.senmlCbor });
  return {
    "Register bytes": registration.bytes,
    "Register blocks": registration.blocks,
    "Register links": registration.links,
    "Register ms": round(registration.completeAt - registration.firstBlockAt, 1),
    ...named("TLV", tlv),
    ...named("SenML CBOR", cbor),
  };
}

function named<Format extends string>(format: Format, { code, bytes, blocks, duration }: GetFigures) {
  if (code !== "2.05") throw new Error(`/25 in ${format} was answered ${code}`);
  const figures: Record<string, number> = {
    [`/25 ${format} bytes`]: bytes,
    [`/25 ${format} blocks`]: blocks,
    [`/25 ${format} ms`]: round(duration, 1),
  };
  return figures as Record<`/25 ${Format} ${"bytes" | "blocks" | "ms"}`, number>;
}
