import { readText } from "../config/files.ts";
import { ConfigError, type Problem } from "../errors.ts";
import type { ObjectDefinition, ResourceDefinition } from "../lwm2m/objects/definition.ts";
import { importXml as readDefinitions } from "../lwm2m/objects/import-xml.ts";
import { slug } from "../lwm2m/objects/slug.ts";
import { type Command, EXIT, UsageError } from "./command.ts";

/** Shows what a vendor's object definition says, before it is named in `gateway.objects`. */
export const importXml: Command = {
  name: "import-xml",
  summary: "Reads OMA object definitions (XML) and shows the names that a mapping uses for them.",
  positionals: "FILE...",
  options: {},
  async run({ positionals }) {
    if (positionals.length === 0) throw new UsageError("import-xml takes one or more XML files");
    const problems: Problem[] = [];
    for (const file of positionals) {
      try {
        for (const definition of readDefinitions(await readText(file), file))
          process.stdout.write(describe(definition));
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        problems.push(...error.problems);
      }
    }
    if (problems.length > 0) throw new ConfigError(problems);
    return EXIT.ok;
  },
};

function describe(definition: ObjectDefinition): string {
  const { id, name, version, multiple, resources } = definition;
  const lines = [...resources.values()].map(describeResource);
  return `object ${id} ${slug(name)} (${name}), version ${version}, ${multiple ? "multiple" : "single"} instance\n${lines.join("")}\n`;
}

function describeResource({
  id,
  name,
  operations,
  multiple,
  mandatory,
  type,
  unit,
  range,
}: ResourceDefinition): string {
  const details = [
    type ?? "executable",
    operations,
    multiple ? "multiple" : "",
    mandatory ? "mandatory" : "",
    unit,
    range,
  ];
  return `  ${String(id).padStart(5)} ${slug(name).padEnd(32)} ${details.filter(Boolean).join(", ")}\n`;
}
