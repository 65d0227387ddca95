import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemRandom } from "../../clock.ts";
import { ConfigError, type Problem, reasonOf, systemCode } from "../../errors.ts";
import { type Arguments, type Command, EXIT, FailureError, UsageError } from "../command.ts";
import { counted } from "../counted.ts";
import { withProgress } from "../progress.ts";
import { type MadeSite, makeSite, type Told } from "./made-site.ts";
import { readSites } from "./sites.ts";
import { readTemplate } from "./template.ts";

const SERVERS = "servers.csv";

/** Many gateways of one kind: what differs stands in a list. */
export const provision: Command = {
  name: "provision",
  summary: "Makes a configuration with keys of its own for each site of a list.",
  positionals: "SITES.csv",
  options: {
    template: { type: "string", value: "DIR", help: "The configuration that all sites have in common." },
    out: { type: "string", value: "DIR", help: "A folder for each site goes there, and what servers must be told." },
    renew: { type: "boolean", help: "Makes new keys for sites that have some." },
    json: { type: "boolean", help: "Prints what was made as JSON, without keys." },
  },
  async run(args) {
    const { list, template: folder, out } = asked(args);
    const template = await readTemplate(folder);
    const sites = await readSites(list);
    try {
      await mkdir(out, { recursive: true, mode: 0o700 });
      const staging = await mkdtemp(join(out, ".provision-"));
      try {
        const made: MadeSite[] = [];
        await withProgress(!args.flag("json"), async (progress) => {
          for (const row of sites) {
            progress.show(() => `made ${made.length} of ${counted(sites.length, "site")}`);
            const place = { final: join(out, row.name), folder: join(staging, row.name), renew: args.flag("renew") };
            await mkdir(place.folder, { mode: 0o700 });
            made.push(await makeSite(row, template, { ...place, random: systemRandom }));
          }
        });
        const problems = [...made.flatMap((site) => site.problems), ...clashes(made)];
        if (problems.length > 0) throw new ConfigError(problems);
        await place(made, { staging, out });
        process.stdout.write(args.flag("json") ? asJson(made, out) : asText(made, out));
      } finally {
        await rm(staging, { recursive: true, force: true });
      }
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      throw new FailureError(`cannot write to ${out}: ${reasonOf(error)}`, { code: "LG104", cause: error });
    }
    return EXIT.ok;
  },
};

function asked(args: Arguments): { readonly list: string; readonly template: string; readonly out: string } {
  const [list, surplus] = args.positionals;
  const [template, out] = [args.text("template"), args.text("out")];
  if (list === undefined || surplus !== undefined) throw new UsageError("provision takes one list of sites: SITES.csv");
  if (template === undefined || out === undefined) throw new UsageError("it takes --template DIR and --out DIR");
  return { list, template, out };
}

/** Two gateways under one name throw each other out; with one identity or key either could be the other. */
function clashes(made: readonly MadeSite[]): readonly Problem[] {
  const seen = new Map<string, string>();
  const found: Problem[] = [];
  const claim = ({ row }: MadeSite, what: string, value: string): void => {
    const first = seen.get(`${what} ${value}`);
    if (first !== undefined && first !== row.name) {
      const message = `site ${row.name}: the ${what} ${value} is that of site ${first}, too`;
      found.push({ severity: "error", code: "LG620", place: row.place, message });
    }
    seen.set(`${what} ${value}`, first ?? row.name);
  };
  for (const site of made) {
    claim(site, "endpoint", site.endpoint);
    for (const { identity, server } of site.told) {
      if (identity !== undefined) claim(site, `identity at server ${server},`, identity);
    }
  }
  return found;
}

/** All of them are made and right by now. */
async function place(
  made: readonly MadeSite[],
  { staging, out }: { readonly staging: string; readonly out: string },
): Promise<void> {
  for (const { row } of made) {
    const final = join(out, row.name);
    if (existsSync(final)) await rename(final, join(staging, `${row.name}.before`));
    await rename(join(staging, row.name), final);
  }
  const text = csvOf(made.flatMap(({ told }) => told));
  await writeFile(join(staging, SERVERS), text, { mode: 0o600 });
  await rename(join(staging, SERVERS), join(out, SERVERS));
}

function csvOf(told: readonly Told[]): string {
  const line = (cells: readonly (string | number | undefined)[]): string =>
    `${cells.map((cell) => cellOf(String(cell ?? ""))).join(",")}\n`;
  const head = line(["site", "endpoint", "server", "uri", "mode", "identity", "key", "public_key"]);
  const rows = told.map(({ site, endpoint, server, uri, mode, identity, key, publicKey }) =>
    line([site, endpoint, server, uri, mode, identity, key, publicKey]),
  );
  return head + rows.join("");
}

function cellOf(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function asJson(made: readonly MadeSite[], out: string): string {
  const sites = made.map(({ row, endpoint, keys, missing }) => ({
    site: row.name,
    line: row.place.line,
    folder: join(out, row.name),
    ...{ endpoint, keys, missing },
  }));
  return `${JSON.stringify({ out, servers: join(out, SERVERS), sites }, undefined, 2)}\n`;
}

function asText(made: readonly MadeSite[], out: string): string {
  const count = (word: MadeSite["keys"]): number => made.filter(({ keys }) => keys === word).length;
  const pending = made.filter(({ missing }) => missing.length > 0);
  const lines = [
    `${counted(made.length, "site")} in ${out}: ${count("new")} with new keys, ${count("kept")} with those that they had`,
    ...pending.map(
      ({ row, missing }) =>
        `site ${row.name}: not checked yet, without ${missing.join(", ")}: have it made of the .csr there`,
    ),
    `${join(out, SERVERS)} (mode 0600) has what the servers must be told, keys among it`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}
