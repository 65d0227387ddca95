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
  options: { json: { type: "boolean", help: "Prints the definitions as JSON." } },
  async run(args) {
    const { positionals } = args;
    if (positionals.length === 0) throw new UsageError("import-xml takes one or more XML files");
    const problems: Problem[] = [];
    const found: ObjectDefinition[] = [];
    for (const file of positionals) {
      try {
        found.push(...readDefinitions(await readText(file), file));
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        problems.push(...error.problems);
      }
    }
    const asJson = args.flag("json");
    if (!asJson) process.stdout.write(found.map(describe).join(""));
    if (problems.length > 0) throw new ConfigError(problems);
    if (asJson) process.stdout.write(`${JSON.stringify(found.map(plain), undefined, 2)}\n`);
    return EXIT.ok;
  },
};

/** The names that a mapping uses, beside those of the definition. */
function plain({ id, name, version, multiple, resources }: ObjectDefinition) {
  const all = [...resources.values()].map((resource) => ({ ...resource, slug: slug(resource.name) }));
  return { id, name, slug: slug(name), version, multiple, resources: all };
}

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
