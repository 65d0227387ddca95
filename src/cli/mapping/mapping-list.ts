import type { PreparedMapping } from "../../mapping/prepare.ts";
import { table } from "../../table.ts";
import { unknownWord } from "../../yaml/issues.ts";
import { childOf } from "../../yaml/nodes.ts";
import { type Arguments, type Command, EXIT, UsageError } from "../command.ts";
import { CONFIG_OPTION } from "../config-option.ts";
import { counted } from "../counted.ts";
import { descriptionOf, isPackaged, MappingShelf, saidOf } from "./mapping-shelf.ts";

/** Which device types there are: of one's own, and of the program. */
export const mappingList: Command = {
  name: "mapping list",
  summary: "Lists the device types that there are, and how far each can be trusted.",
  options: {
    config: CONFIG_OPTION,
    protocol: { type: "string", value: "NAME", help: "Only those of this protocol, e.g. modbus." },
    search: {
      type: "string",
      value: "WORDS",
      help: "Only those with all these words in name, vendor, model, description or objects.",
    },
    drafts: { type: "boolean", help: "The drafts, too, which are found by their file alone." },
    json: { type: "boolean", help: "Prints the list as JSON." },
  },
  async run(args) {
    const shelf = await MappingShelf.open(args);
    const protocol = protocolOf(args, shelf);
    const all = await rowsOf(shelf, args.flag("drafts"));
    const words = (args.text("search") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const rows = all.filter(
      (row) =>
        (protocol === undefined || row.protocol === protocol) && words.every((word) => textOf(row).includes(word)),
    );
    process.stdout.write(`${args.flag("json") ? JSON.stringify(rows, undefined, 2) : asText(rows)}\n`);
    return EXIT.ok;
  },
};

export interface ListedMapping {
  readonly name: string;
  readonly protocol: string;
  readonly vendor: string | null;
  readonly model: string | null;
  readonly description: string;
  readonly objects: readonly { readonly id: number; readonly name: string }[];
  /** The way by which an image gets to such a device; null: none does. */
  readonly firmware: string | null;
  /** How far it can be trusted: from-manual, field-verified, draft; null: it does not say. */
  readonly source: string | null;
  readonly own: boolean;
  readonly file: string;
  /** What is wrong with it, so that no device can have it. */
  readonly errors: readonly string[];
}

/** Every mapping, also one that is wrong. */
export async function rowsOf(shelf: MappingShelf, drafts: boolean): Promise<readonly ListedMapping[]> {
  const rows: ListedMapping[] = [];
  for (const name of await shelf.names()) rows.push(await rowOf(name, shelf));
  for (const file of drafts ? await shelf.drafts() : []) {
    const folder = file.slice(0, file.lastIndexOf("/"));
    const row = await rowOf(file.slice(folder.length + 1).replace(/\.yaml$/, ""), shelf.before(folder));
    rows.push({ ...row, source: "draft" });
  }
  return rows;
}

async function rowOf(name: string, shelf: MappingShelf): Promise<ListedMapping> {
  const { prepared, problems } = await shelf.find(name);
  const errors = problems.filter(({ severity }) => severity === "error").map(({ message }) => message);
  if (prepared === undefined) {
    const file = problems.find(({ place }) => place !== undefined)?.place?.file ?? "";
    return { ...NOTHING, name, file, errors };
  }
  const objects = new Map(prepared.objects.map(({ definition: { id, name } }) => [id, name.trim()]));
  return {
    name,
    protocol: prepared.adapter.name,
    vendor: saidOf(prepared, "manufacturer") ?? null,
    model: saidOf(prepared, "model") ?? null,
    description: descriptionOf(prepared),
    objects: [...objects].map(([id, name]) => ({ id, name })),
    firmware: viaOf(prepared),
    source: prepared.file.source ?? null,
    own: !isPackaged(prepared),
    file: prepared.file.file,
    errors,
  };
}

const NOTHING = {
  protocol: "",
  vendor: null,
  model: null,
  description: "",
  objects: [],
  firmware: null,
  source: null,
  own: true,
} as const;

function viaOf({ file }: PreparedMapping): string | null {
  const via = childOf(file.firmware, "via");
  return via?.kind === "scalar" ? via.text : null;
}

function protocolOf(args: Arguments, { adapters }: MappingShelf): string | undefined {
  const text = args.text("protocol");
  const names = adapters.map(({ name }) => name);
  if (text === undefined || names.includes(text)) return text;
  throw new UsageError(`--protocol: ${unknownWord("protocol", text, names)}`);
}

function textOf({ name, vendor, model, description, objects, firmware }: ListedMapping): string {
  const named = objects.flatMap(({ id, name }) => [String(id), name]);
  const update = firmware === null ? [] : ["firmware", firmware];
  return [name, vendor, model, description, ...named, ...update].join(" ").toLowerCase();
}

function asText(rows: readonly ListedMapping[]): string {
  if (rows.length === 0)
    return "no mapping fits; --drafts looks at the drafts, too; lwm2m-gateway mapping new begins one";
  const cells = rows.map(({ name, protocol, vendor, model, objects, source, own, errors }) => {
    const ids = objects.map(({ id }) => id).filter((id) => id > 4);
    const shown = ids.length > MOST_IDS ? `${ids.slice(0, MOST_IDS).join(" ")} …` : ids.join(" ");
    const mark = errors.length > 0 ? `wrong: ${errors[0]}` : (source ?? "-");
    return [name, protocol, vendor ?? "-", model ?? "-", shown, `${mark}${own ? " (own)" : ""}`];
  });
  return [
    ...table([["NAME", "PROTOCOL", "VENDOR", "MODEL", "OBJECTS", "SOURCE"], ...cells]),
    counted(rows.length, "mapping"),
  ].join("\n");
}

const MOST_IDS = 6;
