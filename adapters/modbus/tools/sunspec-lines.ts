/** Which of the packaged mappings read the models that a SunSpec device has, and their lines for the configuration. */
import type { KnownMapping } from "../../../src/adapter.ts";
import type { Model } from "../sunspec/chain.ts";
import { layoutOf } from "../sunspec/models.ts";
import { FAMILIES } from "../sunspec/source.ts";
import type { SunSpec } from "./sunspec.ts";

const COMMON = 1;
const STRINGS = 160;
/** As many as the mapping has. */
const MOST_STRINGS = 4;

/** Mapping, the models that it reads, and what else its line needs. */
const PARTS = [
  { mapping: "sunspec-inverter", ids: FAMILIES.inverter, several: false },
  { mapping: "sunspec-meter", ids: FAMILIES.meter, several: true },
  { mapping: "sunspec-battery", ids: [802], several: false },
] as const;

interface Part {
  readonly mapping: string;
  /** Parameters other than the unit. */
  readonly parameters: readonly string[];
}

/** One for each part of the device that a mapping reads: an inverter may have its meters with it. */
export function sunSpecLines(
  unit: number,
  sunspec: SunSpec | undefined,
  mappings: readonly KnownMapping[],
  link: string,
): readonly string[] {
  return partsOf(sunspec, mappings).map(({ mapping, parameters }, i, all) => {
    const nth = all.slice(0, i).filter((part) => part.mapping === mapping).length;
    const id = nth === 0 ? `${mapping}-${unit}` : `${mapping}-${unit}-${nth + 1}`;
    const keys = [`id: ${id}`, `mapping: ${mapping}`, `link: ${link}`, `unit_id: ${unit}`, ...parameters];
    return `  - { ${keys.join(", ")} }`;
  });
}

/** The names of the mappings, each once. */
export function sunSpecMappings(sunspec: SunSpec | undefined, mappings: readonly KnownMapping[]): readonly string[] {
  return [...new Set(partsOf(sunspec, mappings).map(({ mapping }) => mapping))];
}

function partsOf(sunspec: SunSpec | undefined, mappings: readonly KnownMapping[]): readonly Part[] {
  const models = sunspec?.models ?? [];
  return PARTS.filter(({ mapping }) => mappings.some(({ name }) => name === mapping)).flatMap(
    ({ mapping, ids, several }): readonly Part[] => {
      const id = ids.find((each) => models.some((model) => model.id === each));
      if (id === undefined) return [];
      if (several) return meterParameters(models, id).map((parameters) => ({ mapping, parameters }));
      return [{ mapping, parameters: mapping === "sunspec-inverter" ? stringParameters(models) : [] }];
    },
  );
}

/** Which of the meters it is, and which of the models 1 is its own: the last before it. */
function meterParameters(models: readonly Model[], id: number): readonly (readonly string[])[] {
  return [...models.entries()]
    .filter(([, model]) => model.id === id)
    .map(([at], i) => {
      const common = models.slice(0, at).filter((model) => model.id === COMMON).length;
      return [...(i === 0 ? [] : [`number: ${i + 1}`]), ...(common <= 1 ? [] : [`common: ${common}`])];
    });
}

function stringParameters(models: readonly Model[]): readonly string[] {
  const model = models.find(({ id }) => id === STRINGS);
  const layout = layoutOf(STRINGS);
  if (model === undefined || layout === undefined) return [];
  const blocks = Math.floor((model.length + 2 - layout.size) / layout.blockSize);
  return blocks < 1 ? [] : [`strings: ${Math.min(MOST_STRINGS, blocks)}`];
}
