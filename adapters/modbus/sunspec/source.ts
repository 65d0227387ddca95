/** `sunspec:` of a mapping: a value by its model and its name there, wherever the device has them. */
import { z } from "zod";
import { nearestNames } from "../../../src/adapter.ts";
import { PointProblem } from "../point-problem.ts";
import { knownModels, layoutOf, type PointLayout } from "./models.ts";
import { NUMBER_TYPES, type PointType, registersOf } from "./types.ts";

export interface SunSpecPoint {
  readonly sunspec: {
    /** Where it is, by model: the first that the device has. Blocks that repeat are counted into the offsets. */
    readonly candidates: readonly Candidate[];
    /** Which of several models of one ID, from 1 on. */
    readonly nth: number;
  };
}

/** Offsets are counted from the register with the model's ID, which is 0. */
export interface Candidate {
  readonly model: number;
  readonly offset: number;
  readonly registers: number;
  readonly type: PointType;
  readonly scale?: number | undefined;
  /** For people, e.g. "W". */
  readonly name: string;
}

/** Models that say the same: with one, two or three phases, in integers with scale factors or in floats. A device has one of them. */
export const FAMILIES = {
  inverter: [101, 102, 103, 111, 112, 113],
  meter: [201, 202, 203, 204, 211, 212, 213, 214],
} as const;

/** 0xFFFF ends the chain. */
const modelId = z.int().min(1).max(0xfffe);
/** A model is as long as its length field can say, beside its head. */
const offsetSchema = z.int().min(2).max(0xffff);

export const sunSpecFields = z.strictObject({
  model: z
    .union([modelId, z.enum(["inverter", "meter"]), z.array(modelId).min(1)])
    .describe(
      "ID of the model; of several the first that the device has. inverter: 101-103 or 111-113; meter: 201-204 or 211-214",
    ),
  point: z.string().optional().describe("Name of the point in the model: W, PhVphA, TotWhImp"),
  block: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe("Which of the blocks that repeat, from 1 on: string 1 of model 160"),
  nth: z.int().min(1).max(100).optional().describe("Which of several models of this ID, from 1 on"),
  offset: offsetSchema.optional().describe("Instead of point: registers from the one with the model's ID, which is 0"),
  type: z
    .enum([...NUMBER_TYPES, "string"])
    .optional()
    .describe("With offset: the type of the point"),
  registers: z.int().min(1).max(125).optional().describe("With type string: its registers"),
  scale: offsetSchema.optional().describe("With offset: where its scale factor (sunssf) is"),
});
export type SunSpecFields = z.output<typeof sunSpecFields>;

/** Throws PointProblem. */
export function toSunSpecPoint(fields: SunSpecFields): SunSpecPoint {
  const { model: given } = fields;
  const models = given === "inverter" || given === "meter" ? FAMILIES[given] : [given].flat();
  const own = fields.offset === undefined ? undefined : ownLayout(fields, fields.offset);
  const candidates = models.map((model): Candidate => {
    const name = fields.point ?? `offset ${fields.offset}`;
    return { model, name, ...(own ?? namedLayout(model, fields)) };
  });
  return { sunspec: { candidates, nth: fields.nth ?? 1 } };
}

type Place = Pick<Candidate, "offset" | "registers" | "type" | "scale">;

function ownLayout({ point, block, type, registers, scale }: SunSpecFields, offset: number): Place {
  if (point !== undefined) throw problem("offset", "expected one of point, offset");
  if (block !== undefined) throw problem("block", `"block" goes with "point": count the blocks into the offset`);
  if (type === undefined) throw problem("type", `"offset" needs the type of the point, e.g. type: uint16`);
  if (type !== "string") {
    if (registers !== undefined) throw problem("registers", `"registers" is for strings; ${type} has its own size`);
    return { offset, type, registers: registersOf(type), scale };
  }
  if (registers === undefined) throw problem("registers", `"type: string" needs its registers, e.g. registers: 16`);
  if (scale !== undefined) throw problem("scale", "text has no scale factor");
  return { offset, type, registers };
}

function namedLayout(model: number, fields: SunSpecFields): Place {
  const { point: name, block } = fields;
  if (name === undefined) throw problem("model", "expected point: the name of the point in the model, e.g. point: W");
  for (const key of ["type", "registers", "scale"] as const) {
    if (fields[key] !== undefined)
      throw problem(key, `"${key}" goes with "offset": the model knows that of its points`);
  }
  const layout = layoutOf(model);
  if (layout === undefined) {
    const known = knownModels().join(", ");
    throw problem("model", `the points of model ${model} are not known (${known} are): give offset and type instead`);
  }
  const found = layout.points.get(name);
  if (found === undefined) throw problem("point", `model ${model} has no point "${name}"${hint(name, layout.points)}`);
  if (found.repeated !== true) {
    if (block !== undefined) throw problem("block", `"${name}" of model ${model} is in no block that repeats`);
    return placeOf(found, 0);
  }
  if (block === undefined) {
    throw problem("point", `"${name}" of model ${model} is in each of its blocks: say which, e.g. block: 1`);
  }
  return placeOf(found, (block - 1) * layout.blockSize);
}

function placeOf({ offset, type, registers, scale }: PointLayout, further: number): Place {
  return { offset: offset + further, type, registers, scale };
}

function hint(name: string, points: ReadonlyMap<string, unknown>): string {
  const bySmall = new Map([...points.keys()].map((known) => [known.toLowerCase(), known]));
  const [near] = nearestNames(name, bySmall.keys(), 1);
  return near === undefined ? "" : `; did you mean "${bySmall.get(near)}"?`;
}

function problem(key: string, message: string): PointProblem {
  return new PointProblem(["sunspec", key], message);
}
