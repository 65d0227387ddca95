import { loadAdapters } from "../../adapters/index.ts";
import { configJsonSchema } from "../config/json-schema.ts";
import { catalogue } from "../lwm2m/objects/index.ts";
import { mappingJsonSchema } from "../mapping/json-schema.ts";
import { type Command, EXIT, UsageError } from "./command.ts";

/** JSON Schemas, with which an editor completes and checks YAML while it is typed. */
export const schema: Command = {
  name: "schema",
  summary: "Prints the JSON Schema of config.yaml or of mappings, for editors.",
  positionals: "config|mapping",
  options: {},
  async run({ positionals }) {
    const [what = ""] = positionals;
    const adapters = await loadAdapters();
    const made = { config: () => configJsonSchema(adapters), mapping: () => mappingJsonSchema(catalogue, adapters) };
    if (what !== "config" && what !== "mapping") throw new UsageError("schema takes one word: config or mapping");
    process.stdout.write(`${JSON.stringify(made[what](), undefined, 2)}\n`);
    return EXIT.ok;
  },
};
