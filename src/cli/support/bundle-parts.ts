/** What is in a support bundle, with everything secret taken out. */
import { dirname, relative } from "node:path";
import { parseCsv } from "../../config/csv.ts";
import { type FileRead, ReadRecord } from "../../config/read-record.ts";
import { ConfigError, reasonOf } from "../../errors.ts";
import { secretsOfService } from "../../gateway/host.ts";
import { readConfig } from "../../gateway/read-config.ts";
import { locateData } from "../../locate.ts";
import { HIDDEN, maskedYaml } from "../../yaml/masked.ts";
import { askGateway, askGatewayText } from "../admin.ts";
import { checkText } from "../check.ts";
import { type Arguments, FailureError, UsageError } from "../command.ts";
import { statePlace } from "../state-directory.ts";
import { storeReportOf } from "../store-report.ts";
import { type KnownSecrets, knownSecrets } from "./known-secrets.ts";
import { folderReport, machineReport, networkReport, serialReport } from "./machine-report.ts";
import { Redactor } from "./redactor.ts";

export interface Part {
  readonly name: string;
  readonly text: string;
  /** One line for who looks through it. */
  readonly about: string;
}

export interface Bundle {
  readonly parts: readonly Part[];
  /** What is missing, and where it can be had. */
  readonly hints: readonly string[];
}

const JOURNAL = "no gateway answers; the log is in the journal: journalctl -u lwm2m-gateway -n 1000 --no-pager";

/** A configuration that is wrong is a reason to ask for help, and none to do without a bundle. */
export async function bundleParts(args: Arguments, file: string): Promise<Bundle> {
  const record = new ReadRecord();
  await record.during(async () => readConfig(file)).catch(unlessWrong);
  const sources = secretsOfService();
  const known = knownSecrets(record.files, sources);
  const redactor = new Redactor(known.texts);
  const [live, hints] = await liveParts(args);
  const raw: readonly Part[] = [
    { name: "machine.json", text: json(await machineReport()), about: "versions of program, Node, kernel and systemd" },
    { name: "network.txt", text: await networkReport(), about: "interfaces, addresses and routes" },
    { name: "serial.txt", text: serialReport(), about: "serial ports" },
    { name: "check.txt", text: await checkText(file), about: "what check says" },
    {
      name: "state.txt",
      text: await stateText(args, file),
      about: "files of state and configuration: names, sizes, rights",
    },
    ...live,
    ...configurationParts(record.files, { known, directory: dirname(file) }),
  ];
  return { parts: raw.map((part) => ({ ...part, text: redactor.text(part.text) })), hints };
}

/** What the running gateway says; each by itself. */
async function liveParts(args: Arguments): Promise<readonly [readonly Part[], readonly string[]]> {
  const asked: readonly (readonly [string, string, () => Promise<unknown>])[] = [
    ["status.json", "what status says", () => askGateway(args, "/v1/status")],
    ["store.json", "what waits for servers: counts, no values", () => storeReportOf(args)],
    ["metrics.txt", "what Prometheus reads", () => askGatewayText(args, "/metrics")],
    ["log.json", "the last 1000 lines of the log", () => askGateway(args, "/v1/log?last=1000")],
  ];
  const parts: Part[] = [];
  const hints: string[] = [];
  for (const [name, about, ask] of asked) {
    try {
      const answer = await ask();
      parts.push({ name, about, text: textOf(answer) });
    } catch (error) {
      if (!isExpected(error)) throw error;
      hints.push(`without ${name}: ${reasonOf(error).split("\n")[0]}`);
      if (name === "log.json") hints.push(JOURNAL);
    }
  }
  return [parts, hints];
}

/** Where each part lies in its file stays as it was; keys, certificates and lists of secrets are not in it at all. */
function configurationParts(
  files: readonly FileRead[],
  { known, directory }: { readonly known: KnownSecrets; readonly directory: string },
): readonly Part[] {
  const packaged = locateData("mappings");
  const own = files.filter(({ path, text, secret }) => text !== undefined && !secret && !path.startsWith(packaged));
  return own.map(({ path, text = "" }) => {
    const below = relative(directory, path);
    const name = `configuration/${below.startsWith("..") ? path.slice(1) : below}`;
    const masked = maskedText(path, text, known);
    const about = "as it is, without what is secret";
    return masked === undefined
      ? { name: `${name}.txt`, text: "left out: it cannot be read as what it is\n", about: "left out" }
      : { name, text: masked, about };
  });
}

function maskedText(path: string, text: string, known: KnownSecrets): string | undefined {
  if (path.endsWith(".csv")) return maskedCsv(path, text, known);
  if (!/\.ya?ml$/.test(path)) return text;
  return maskedYaml(text, (scalar) => known.hides(scalar, dirname(path)));
}

function maskedCsv(path: string, text: string, known: KnownSecrets): string | undefined {
  try {
    const { columns, rows } = parseCsv(text, path);
    const cell = (name: string, value: string): string =>
      known.isSecretName(name) && value !== "" ? HIDDEN : `"${value.replaceAll('"', '""')}"`;
    const head = columns.map((column) => column.text).join(",");
    return [head, ...rows.map((row) => [...row].map(([name, value]) => cell(name, value.text)).join(",")), ""].join(
      "\n",
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return undefined;
  }
}

async function stateText(args: Arguments, file: string): Promise<string> {
  const folders = [folderReport(dirname(file))];
  try {
    folders.unshift(folderReport((await statePlace(args, "gateway.db")).directory));
  } catch (error) {
    if (!isExpected(error)) throw error;
  }
  return folders.join("\n");
}

function isExpected(error: unknown): boolean {
  return [FailureError, UsageError, ConfigError].some((kind) => error instanceof kind);
}

function unlessWrong(error: unknown): void {
  if (!(error instanceof ConfigError)) throw error;
}

/** A log is a line each. */
function textOf(answer: unknown): string {
  if (typeof answer === "string") return answer;
  return Array.isArray(answer) ? answer.map((entry) => `${JSON.stringify(entry)}\n`).join("") : json(answer);
}

/** Numbers of 64 bits as text. */
function json(value: unknown): string {
  const plain = (_key: string, each: unknown): unknown => {
    if (each instanceof Map) return Object.fromEntries(each);
    return typeof each === "bigint" ? String(each) : each;
  };
  return `${JSON.stringify(value, plain, 2)}\n`;
}
