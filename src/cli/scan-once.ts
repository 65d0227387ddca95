/** The scan of an adapter as part of another command: what was found, as plain data. */
import { resolve } from "node:path";
import type { AdapterModule, ToolArguments, ToolLink, ToolReport } from "../adapter.ts";
import { knownMappings } from "../config/known-mappings.ts";
import { locateData } from "../locate.ts";
import { interpretationsOf } from "../mapping/interpretations.ts";
import { suggestedResource } from "../mapping/suggested-resources.ts";
import { FailureError } from "./command.ts";
import { toolDevice } from "./mapped-device.ts";
import { asCommand, toolBasics } from "./tools.ts";

export interface Scanning {
  /** A line for a person, at once. */
  readonly tell: (line: string) => void;
  /** How far it is; absent: nobody looks. */
  readonly progress?: (words: () => string) => void;
  /** Had enough: what was found until then counts. */
  readonly signal?: AbortSignal;
  /** The folder of the user's own mappings. */
  readonly mappings?: string;
  /** Absent: the options name a wire, which the scan opens and closes. */
  readonly link?: ToolLink;
}

/** `typed`: options of the scan and of its wire, by their names. Rejects with UsageError or FailureError. */
export async function scanOnce(
  adapter: AdapterModule,
  typed: Readonly<Record<string, string | undefined>>,
  { tell, progress = () => {}, signal = new AbortController().signal, mappings = resolve("mappings"), link }: Scanning,
): Promise<ToolReport> {
  const scan = (await adapter.tools?.())?.scan;
  if (scan === undefined) throw new FailureError(`devices of protocol ${adapter.name} cannot be looked for`);
  const args: ToolArguments = {
    positionals: [],
    text: (option) => typed[option] ?? scan.options[option]?.default,
    texts: (option) => (typed[option] === undefined ? [] : [typed[option]]),
    // Who names a link here was told who else uses it.
    flag: (option) => option === "yes" && link !== undefined,
  };
  return asCommand(() =>
    scan.run(args, {
      ...toolBasics,
      interpret: interpretationsOf,
      suggest: suggestedResource,
      mappings: () => knownMappings([mappings, locateData("mappings")], adapter.name),
      deviceOf: (mapping, parameters) => toolDevice(mapping, parameters, adapter),
      tell,
      progress,
      input: async () => "",
      signal,
      ...(link === undefined ? {} : { link }),
    }),
  );
}
