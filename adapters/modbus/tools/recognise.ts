/** Which mappings fit a device that says who it is, and the lines that make it a device of the configuration. */
import type { KnownMapping } from "../../../src/adapter.ts";
import type { Found } from "./scan.ts";
import { sunSpecLines } from "./sunspec-lines.ts";

/** Those whose manufacturer and model it names; the longest model first: "SDM72D-M V2" says more than "SDM72D-M". */
export function mappingsFor(
  { identity, sunspec }: Pick<Found, "identity" | "sunspec">,
  mappings: readonly KnownMapping[],
): readonly KnownMapping[] {
  const said = words(
    [...Object.values(identity), sunspec?.manufacturer, sunspec?.model].filter((text) => text !== undefined).join(" "),
  );
  if (said === "") return [];
  return mappings
    .filter(
      ({ manufacturer, model }) =>
        model !== undefined &&
        names(said, model) &&
        (manufacturer === undefined || names(said, firstWord(manufacturer))),
    )
    .toSorted((a, b) => (b.model?.length ?? 0) - (a.model?.length ?? 0));
}

/**
 * A line for `devices:`; where several mappings fit, the others stand behind it. Where none is made for the device, those for the
 * SunSpec models that it has.
 */
export function deviceLines(
  found: Pick<Found, "unit" | "identity" | "sunspec">,
  mappings: readonly KnownMapping[],
  link = "LINK",
): readonly string[] {
  const [best, ...others] = mappingsFor(found, mappings);
  if (best === undefined) return sunSpecLines(found.unit, found.sunspec, mappings, link);
  const also = others.length === 0 ? "" : `  # or ${others.map(({ name }) => name).join(", ")}`;
  return [
    `  - { id: ${best.name}-${found.unit}, mapping: ${best.name}, link: ${link}, unit_id: ${found.unit} }${also}`,
  ];
}

/** Devices print "Carlo Gavazzi Controls" or "SCHNEIDER": one word of it has to do. */
function firstWord(text: string): string {
  return text.split(/\s/)[0] ?? text;
}

function names(said: string, name: string): boolean {
  return (
    ` ${said} `.includes(` ${words(name)} `) ||
    (words(name).replaceAll(" ", "").length > 4 && said.replaceAll(" ", "").includes(words(name).replaceAll(" ", "")))
  );
}

/** Small letters and digits in words: "SDM630-Modbus" is "sdm630 modbus". */
function words(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, " ")
    .trim();
}
