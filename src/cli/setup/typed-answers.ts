/** What the command line has answered already. */
import { readFile } from "node:fs/promises";
import { reasonOf } from "../../errors.ts";
import { type Arguments, UsageError } from "../command.ts";
import type { QuestionId } from "./question.ts";

/** The kinds of links that have an option of their own, with the place as its value. */
const PLACED = ["modbus-tcp", "modbus-rtu", "mqtt", "ble", "serial"] as const;

/** Rejects with UsageError where options contradict each other, or a file cannot be read. */
export async function typedAnswers(args: Arguments): Promise<ReadonlyMap<QuestionId, string>> {
  const answers = new Map<QuestionId, string>();
  const take = (id: QuestionId, text: string | undefined): void => {
    if (text !== undefined) answers.set(id, text);
  };
  for (const id of ["server", "endpoint", "identity", "layout", "line", "user", "unit", "mapping", "id"] as const)
    take(id, args.text(id));
  const psk = args.text("psk");
  take("psk", psk?.startsWith("@") === true ? "given" : psk);
  if (psk?.startsWith("@") === true) take("key", await firstLine("--psk", psk));
  const password = args.text("password");
  if (password !== undefined) take("password", await firstLine("--password", password));
  const kind = kindOf(args);
  take("kind", kind);
  take(
    "place",
    PLACED.map((each) => args.text(each)).find((text) => text !== undefined),
  );
  if (kind === "mqtt" && !answers.has("user")) answers.set("user", "");
  const { scan } = { scan: args.text("scan") };
  take("scan", scan ?? (answers.has("mapping") ? "no" : answers.get("unit")));
  const params = args.texts("param");
  if (params.length > 0) answers.set("params", params.join("\n"));
  return answers;
}

function kindOf(args: Arguments): string | undefined {
  const placed = PLACED.filter((kind) => args.text(kind) !== undefined);
  const link = args.text("link");
  const all = [
    ...placed.map((kind) => [`--${kind}`, kind] as const),
    ...(link === undefined ? [] : [["--link", `link:${link}`] as const]),
    ...(args.flag("simulated") ? [["--simulated", "simulated"] as const] : []),
    ...(args.flag("no-device") ? [["--no-device", "none"] as const] : []),
  ];
  if (all.length > 1) {
    throw new UsageError(
      `${all.map(([option]) => option).join(" and ")} do not go together: setup adds one device at a time`,
    );
  }
  return all[0]?.[1];
}

/** Secrets are not typed on a command line, which others can read. */
async function firstLine(option: string, text: string): Promise<string> {
  if (!text.startsWith("@")) throw new UsageError(`${option} takes @FILE: what is typed here, others can read`);
  try {
    const [line = ""] = (await readFile(text.slice(1), "utf8")).split(/\r?\n/, 1);
    return line.trim();
  } catch (error) {
    throw new UsageError(`${option} ${text}: ${reasonOf(error)}`, { cause: error });
  }
}
