/** One site: its folder as it will be, and what `check` says of it. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Random } from "../../clock.ts";
import { fillGiven, readGivenValues } from "../../config/given-values.ts";
import type { LoadedConfig } from "../../config/types.ts";
import { privateKeyIn } from "../../dtls/key-files.ts";
import type { ServerSecurity } from "../../dtls/server-security.ts";
import { ConfigError, formatProblem, type Problem } from "../../errors.ts";
import { readConfig } from "../../gateway/read-config.ts";
import { childOf } from "../../yaml/nodes.ts";
import { type KeysWord, makeKeys } from "./site-keys.ts";
import { type SiteRow, siteText } from "./sites.ts";
import { CONFIG, SITE, type Template } from "./template.ts";

/** What one server must be told of a site. */
export interface Told {
  readonly site: string;
  readonly endpoint: string;
  readonly server: number;
  readonly uri: string;
  readonly mode: string;
  readonly identity?: string;
  /** Hex. */
  readonly key?: string;
  /** SubjectPublicKeyInfo, base64. */
  readonly publicKey?: string;
}

export interface MadeSite {
  readonly row: SiteRow;
  readonly endpoint: string;
  readonly keys: KeysWord;
  /** Certificates that are to come: until then nobody can check it. */
  readonly missing: readonly string[];
  readonly told: readonly Told[];
  readonly problems: readonly Problem[];
}

export interface SitePlace {
  /** Where it will lie, and may lie already. */
  readonly final: string;
  /** Where it is made. */
  readonly folder: string;
  readonly renew: boolean;
  readonly random: Random;
}

export async function makeSite(row: SiteRow, template: Template, place: SitePlace): Promise<MadeSite> {
  const { folder, final, renew, random } = place;
  for (const { path, bytes, mode } of template.files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes, { mode });
  }
  await writeFile(join(folder, SITE), siteText(row, template.site, SITE));
  const problems: Problem[] = [];
  const endpoint = await endpointOf(template, folder, (problem) => problems.push(problem));
  const { word, missing } = await makeKeys(template, { before: final, folder, endpoint, renew, random });
  const told = problems.length > 0 || missing.length > 0 ? [] : await checked(row.name, folder, problems);
  const placed = problems.map(
    (problem): Problem => ({
      severity: problem.severity,
      code: problem.code,
      place: row.place,
      message: `site ${row.name}: ${formatProblem(problem).replaceAll(folder, final)}`,
    }),
  );
  return { row, endpoint, keys: word, missing, told, problems: placed };
}

async function endpointOf(
  { config }: Template,
  directory: string,
  report: (problem: Problem) => void,
): Promise<string> {
  const given = await readGivenValues([config], { directory, secrets: { environment: {} }, report: () => {} });
  const node = childOf(childOf(config, "gateway"), "endpoint");
  const filled = node === undefined ? undefined : fillGiven(node, given, "stay", report);
  return filled?.kind === "scalar" ? filled.text : "";
}

/** As `check --strict` does; what is a warning is the template's business. */
async function checked(site: string, folder: string, problems: Problem[]): Promise<readonly Told[]> {
  try {
    const config = await readConfig(join(folder, CONFIG), undefined, { environment: {} });
    problems.push(...config.problems.filter(({ severity }) => severity === "error"));
    return toldOf(site, config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems.filter(({ severity }) => severity === "error"));
    return [];
  }
}

function toldOf(site: string, { gateway: { endpoint }, servers }: LoadedConfig): readonly Told[] {
  return servers.map(({ id, uri, security }) => ({ site, endpoint, server: id, uri, ...secured(security) }));
}

function secured(security: ServerSecurity | undefined): Pick<Told, "mode" | "identity" | "key" | "publicKey"> {
  if (security === undefined) return { mode: "none" };
  const { credentials } = security;
  switch (credentials.mode) {
    case "psk":
      return { mode: "psk", identity: credentials.identity, key: Buffer.from(credentials.key).toString("hex") };
    case "rpk":
    case "x509": {
      const { publicKey } = privateKeyIn(credentials.privateKey);
      return { mode: credentials.mode, publicKey: Buffer.from(publicKey).toString("base64") };
    }
  }
}
