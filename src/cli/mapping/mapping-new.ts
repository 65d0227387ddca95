import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readText } from "../../config/files.ts";
import { ConfigError, formatProblem } from "../../errors.ts";
import type { ObjectDefinition } from "../../lwm2m/objects/definition.ts";
import { runVectors } from "../../mapping/vectors.ts";
import { didYouMean, unknownWord } from "../../yaml/issues.ts";
import { type Arguments, type Command, EXIT, FailureError, UsageError } from "../command.ts";
import { CONFIG_OPTION } from "../config-option.ts";
import { writeNewFiles } from "../new-files.ts";
import { copyText, extendingText } from "./begun-of-another.ts";
import { identityAt } from "./identity-at.ts";
import { MappingShelf, shelfOf } from "./mapping-shelf.ts";
import { chosenOf, skeletonText } from "./skeleton.ts";
import { DIALECTS, MARK } from "./skeleton-dialects.ts";
import { withVector } from "./with-vector.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** A file to begin with, right from the first moment, so that `mapping test` says what each change broke. */
export const mappingNew: Command = {
  name: "mapping new",
  summary: "Begins a mapping for a device type: a file with comments that passes its own test.",
  positionals: "NAME",
  options: {
    config: CONFIG_OPTION,
    protocol: { type: "string", value: "NAME", help: "What the device speaks, e.g. modbus." },
    object: {
      type: "string",
      value: "ID|NAME",
      help: "What it shall be for servers, e.g. 3303 or temperature; may be repeated.",
    },
    like: { type: "string", value: "NAME", help: "A copy of this mapping under the new name." },
    extends: { type: "string", value: "NAME", help: "Laid over this mapping: only what differs will stand in it." },
    out: {
      type: "string",
      value: "FILE",
      help: "Where to (default: mappings/NAME.yaml beside config.yaml).",
    },
    print: { type: "boolean", help: "Prints it, and writes nothing." },
    host: { type: "string", value: "HOST", help: "A Modbus TCP device that is asked who it is." },
    port: { type: "string", value: "PORT", help: "Its TCP port, or a serial port, e.g. /dev/serial/by-id/…" },
    line: { type: "string", value: "SETTINGS", help: "Of a serial port, e.g. 9600-8N1." },
    unit: { type: "string", value: "N", help: "Its Modbus address.", default: "1" },
    json: { type: "boolean", help: "Prints the outcome as JSON." },
  },
  async run(args) {
    const [name, surplus] = args.positionals;
    if (name === undefined || surplus !== undefined) throw new UsageError("mapping new takes one NAME");
    if (!NAME.test(name)) {
      throw new UsageError(`"${name}" can be no mapping: expected letters, digits, "-", "_" and ".", 64 at most`);
    }
    const shelf = await MappingShelf.open(args);
    const text = await textOf(name, args, shelf);
    const out = args.text("out") ?? join(shelf.directories[0] ?? "mappings", `${name}.yaml`);
    if (args.flag("print")) {
      process.stdout.write(text);
      return EXIT.ok;
    }
    if (!out.endsWith(`/${name}.yaml`) && out !== `${name}.yaml`) {
      throw new UsageError(`--out ${out}: the file of a mapping is called as the mapping: ${name}.yaml`);
    }
    await mkdir(dirname(out), { recursive: true });
    await writeNewFiles([{ path: out, text, secret: false }]);
    const marks = text.split("\n").filter((line) => !line.startsWith("#") && line.includes(MARK)).length;
    process.stdout.write(`${args.flag("json") ? JSON.stringify({ name, file: out, marks }) : told(out, marks)}\n`);
    return EXIT.ok;
  },
};

function told(out: string, marks: number): string {
  const fill = marks === 0 ? "change what differs" : `fill in the ${marks} lines that are marked "${MARK}"`;
  return `${out} is there: ${fill}, then: lwm2m-gateway mapping test ${out}`;
}

/** Complete, and checked as far as a mapping can be without a device. */
async function textOf(name: string, args: Arguments, shelf: MappingShelf): Promise<string> {
  const [like, base] = [args.text("like"), args.text("extends")];
  if (like !== undefined && base !== undefined) throw new UsageError("--like copies, --extends lays over: one of both");
  const other = like ?? base;
  if (other === undefined) return checked(name, await freshText(name, args, shelf), shelf);
  const found = await shelfOf(other, args);
  const prepared = await found.shelf.prepared(found.name);
  const protocol = args.text("protocol");
  if (protocol !== undefined && protocol !== prepared.adapter.name) {
    throw new UsageError(`--protocol ${protocol}: ${found.name} is of protocol ${prepared.adapter.name}`);
  }
  if (args.texts("object").length > 0) throw new UsageError("--object goes with a mapping that is begun from nothing");
  const source = await readText(prepared.file.file);
  if (like !== undefined) return checked(name, copyText(name, found.name, source), found.shelf);
  return checked(name, extendingText(name, prepared), found.shelf);
}

async function freshText(name: string, args: Arguments, shelf: MappingShelf): Promise<string> {
  const protocol = args.text("protocol");
  const known = shelf.adapters.map((adapter) => adapter.name);
  if (protocol === undefined) throw new UsageError(`what does it speak? --protocol ${known.join("|")}, or --like NAME`);
  const dialect = DIALECTS.get(protocol);
  if (dialect === undefined) throw new UsageError(`--protocol: ${unknownWord("protocol", protocol, known)}`);
  const objects = args.texts("object").map((text) => objectOf(text, shelf));
  if (objects.length === 0) {
    throw new UsageError(
      "what is it for servers? --object 3303, --object voltage; mapping list --search WORD shows what others are",
    );
  }
  for (const object of objects) {
    if (chosenOf(object, dialect).length > 0) continue;
    throw new UsageError(`--object ${object.id}: it has nothing that a device of protocol ${protocol} could say`);
  }
  const identity = await identityAt(args, protocol);
  const ways = Object.keys(shelf.adapters.find((adapter) => adapter.name === protocol)?.firmware ?? {});
  return skeletonText({ name, protocol, dialect, objects, ways, ...(identity === undefined ? {} : { identity }) });
}

function objectOf(text: string, { catalogue }: MappingShelf): ObjectDefinition {
  const ids = /^\d+$/.test(text) ? [Number(text)] : catalogue.byName(text.replaceAll(" ", "_"));
  if (ids.length > 1) throw new UsageError(`--object ${text}: several have this name: ${ids.join(", ")}`);
  const [id] = ids;
  // The oldest version is what most servers know, and what a mapping has that says none.
  const definition = id === undefined ? undefined : catalogue.find(id, catalogue.versions(id)[0]);
  if (definition !== undefined) return definition;
  const hint = didYouMean(text, catalogue.nearest(text));
  throw new UsageError(`--object ${text}: there is no such object in the OMA registry${hint}`);
}

/** With a vector, where the text has none. Rejects with FailureError where it would not pass. */
async function checked(name: string, text: string, shelf: MappingShelf): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lwm2m-gateway-mapping-"));
  try {
    const file = join(folder, `${name}.yaml`);
    await writeFile(file, text);
    const whole = withVector(text, await preparedIn(folder, name, shelf));
    await writeFile(file, whole);
    const wrong = runVectors(await preparedIn(folder, name, shelf)).filter(({ severity }) => severity === "error");
    if (wrong.length > 0) throw new ConfigError(wrong);
    return whole;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = error.problems.map((problem) => formatProblem(problem).replaceAll(`${folder}/`, ""));
    throw new FailureError(`${name} cannot begin like this, so nothing is written:\n${problems.join("\n")}`, {
      cause: error,
      code: "LG301",
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function preparedIn(folder: string, name: string, shelf: MappingShelf) {
  return shelf.before(folder).prepared(name);
}
