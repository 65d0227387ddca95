/** What writing and reading a hundred values costs in each format, beside raw cbor-x (and JSON) with the same structure. */
import { Encoder } from "cbor-x";
import { CONTENT_FORMAT } from "../src/lwm2m/formats/codec.ts";
import { codecFor } from "../src/lwm2m/formats/index.ts";
import { catalogue } from "../src/lwm2m/objects/index.ts";
import { type Path, parsePath } from "../src/lwm2m/path.ts";
import type { Sample } from "../src/lwm2m/sample.ts";
import { SENSORS_OF_ONE_DEVICE, TEN_DEVICES, TEN_SENSORS } from "./format-packs.ts";
import type { Figures, Goal, Result } from "./result.ts";
import { medians, round } from "./statistics.ts";

const ROUNDS = 31;
/** How long each is measured in a round, and warmed up before the first, in milliseconds of processor time. */
const SLICE = 40;
const WARM_UP = 400;
/** Between two looks at the clock. */
const BATCH = 50;

const ABOUT = `One pack of 100 values (60 % floats; integers, booleans, texts and times), in thousands a second of processor time, all in
one process and in turn, ${ROUNDS} rounds. SenML and LwM2M CBOR carry a notification of ten devices, SenML with a time for each
value; TLV carries ten instances of one object; CBOR one value. The peer of a CBOR format is cbor-x with the bare structure of
the same bytes: maps that keep integer keys and array keys, integers of 64 bits. It looks up no type, checks no name and no
value. TLV stands beside cbor-x with the structure of LwM2M CBOR, SenML JSON beside JSON.stringify and JSON.parse.`;

interface Format {
  readonly name: string;
  readonly contentFormat: number;
  readonly samples: readonly Sample[];
  readonly base: Path;
  /** Whose structure the peer writes and reads. */
  readonly structure: number;
}

const ROOT = parsePath("/");
const ONE = TEN_DEVICES.slice(0, 1);
const FORMATS: readonly Format[] = [
  several("SenML CBOR", CONTENT_FORMAT.senmlCbor),
  several("LwM2M CBOR", CONTENT_FORMAT.lwm2mCbor),
  {
    name: "TLV",
    contentFormat: CONTENT_FORMAT.tlv,
    samples: TEN_SENSORS,
    base: SENSORS_OF_ONE_DEVICE,
    structure: CONTENT_FORMAT.lwm2mCbor,
  },
  {
    name: "CBOR",
    contentFormat: CONTENT_FORMAT.cbor,
    samples: ONE,
    base: ONE[0]?.path ?? ROOT,
    structure: CONTENT_FORMAT.cbor,
  },
  several("SenML JSON", CONTENT_FORMAT.senmlJson),
];
const GOAL = 0.5;
/** The binary ones. */
const WITH_GOAL: readonly number[] = [
  CONTENT_FORMAT.senmlCbor,
  CONTENT_FORMAT.lwm2mCbor,
  CONTENT_FORMAT.tlv,
  CONTENT_FORMAT.cbor,
];

/** The settings that one needs to keep the keys: maps, not objects; no extensions of its own. */
const raw = new Encoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false, variableMapSize: true });

export async function formats(): Promise<Result> {
  const subjects = FORMATS.flatMap(subjectsOf);
  for (const { act } of subjects) rate(act, WARM_UP);
  const rounds: Figures[] = [];
  for (let number = 1; number <= ROUNDS; number++) {
    const figures = Object.fromEntries(subjects.map(({ name, act }) => [name, rate(act, SLICE)]));
    process.stderr.write(`${number}/${ROUNDS}: ${JSON.stringify(figures)}\n`);
    rounds.push(figures);
  }
  return result(medians(rounds.map(withRatios)));
}

interface Subject {
  readonly name: string;
  readonly act: () => unknown;
}

function several(name: string, contentFormat: number): Format {
  return { name, contentFormat, samples: TEN_DEVICES, base: ROOT, structure: contentFormat };
}

function subjectsOf({ name, contentFormat, samples, base, structure }: Format): Subject[] {
  const { typeOf } = catalogue;
  const codec = codecOf(contentFormat);
  const payload = codec.encode(samples, base, typeOf, { times: true });
  const peers = peersOf(codecOf(structure).encode(samples, base, typeOf, { times: true }), structure);
  return [
    { name: `${name} encode`, act: () => codec.encode(samples, base, typeOf, { times: true }) },
    { name: `${name} encode, peer`, act: peers.encode },
    { name: `${name} decode`, act: () => codec.decode(payload, base, typeOf) },
    { name: `${name} decode, peer`, act: peers.decode },
  ];
}

function codecOf(contentFormat: number) {
  const codec = codecFor(contentFormat);
  if (codec === undefined) throw new Error(`there is no codec for Content-Format ${contentFormat}`);
  return codec;
}

function peersOf(payload: Uint8Array, contentFormat: number): { encode: () => unknown; decode: () => unknown } {
  if (contentFormat === CONTENT_FORMAT.senmlJson) {
    const structure: unknown = JSON.parse(Buffer.from(payload).toString());
    const decoder = new TextDecoder();
    return {
      encode: () => Buffer.from(JSON.stringify(structure)),
      decode: () => JSON.parse(decoder.decode(payload)),
    };
  }
  const structure: unknown = raw.decode(payload);
  return { encode: () => raw.encode(structure), decode: () => raw.decode(payload) };
}

/** How often a millisecond of processor time it can be done: thousands a second. What else the machine does takes time from both. */
function rate(act: () => unknown, duration: number): number {
  const start = process.cpuUsage();
  let done = 0;
  let passed = 0;
  do {
    for (let i = 0; i < BATCH; i++) act();
    done += BATCH;
    const { user, system } = process.cpuUsage(start);
    passed = (user + system) / 1000;
  } while (passed < duration);
  return round(done / passed, 2);
}

/** Both were measured within a tenth of a second: their ratio is steadier than either. */
function withRatios(figures: Figures): Figures {
  const ratios = Object.keys(figures).flatMap((name) => {
    const peer = figures[`${name}, peer`];
    return peer === undefined ? [] : [[`${name}, ratio`, round((figures[name] ?? 0) / peer, 3)] as const];
  });
  return { ...figures, ...Object.fromEntries(ratios) };
}

function result(all: Figures): Result {
  const names = FORMATS.flatMap(({ name }) => [`${name} encode`, `${name} decode`]);
  const pick = (suffix: string) => Object.fromEntries(names.map((name) => [name, all[`${name}${suffix}`] ?? 0]));
  const ratios = pick(", ratio");
  const goals = FORMATS.filter(({ contentFormat }) => WITH_GOAL.includes(contentFormat)).flatMap(({ name }) =>
    ["encode", "decode"].map((way): Goal => {
      const ratio = round(ratios[`${name} ${way}`] ?? 0, 2);
      return {
        goal: `${name} ${way}: at least half the rate of raw cbor-x`,
        reached: `${ratio}`,
        met: ratio >= GOAL,
      };
    }),
  );
  return {
    name: "formats",
    subject: "ours",
    about: ABOUT,
    figures: pick(""),
    variants: {},
    peers: { "cbor-x, JSON": pick(", peer"), "ours / theirs": ratios },
    ratio: Math.min(...goals.map(({ reached }) => Number(reached))),
    goals,
  };
}
