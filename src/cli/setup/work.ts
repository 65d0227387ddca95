/** The steps of `setup` between its questions: what is tried, shown and written. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { systemRandom } from "../../clock.ts";
import type { LinkSettings, LoadedConfig } from "../../config/types.ts";
import type { GatewayStatus } from "../../gateway/status.ts";
import { nodeLines } from "../../yaml/node-text.ts";
import { childOf } from "../../yaml/nodes.ts";
import { parseYaml } from "../../yaml/parse.ts";
import { askGateway } from "../admin.ts";
import { type Arguments, FailureError, UsageError } from "../command.ts";
import { withProgress } from "../progress.ts";
import { linkOf } from "./device-places.ts";
import type { Facts } from "./facts.ts";
import { follow } from "./follow.ts";
import type { Known } from "./question.ts";
import { reachServer } from "./reach-server.ts";
import { scanNow, withLink } from "./scan-step.ts";
import { type Shown, showValues } from "./show-values.ts";
import { Stage, type StagedFiles, secretsBeside } from "./stage.ts";
import { watchDevice } from "./watched-device.ts";
import { addedLines, extendedConfig, extendedSecrets, freshConfig, type Wished, wishedOf } from "./wished-config.ts";
import { knownOf, type StepId, type Wizard } from "./wizard.ts";

/** Who is talked to, and how long values are waited for where nobody presses Enter. */
export interface Company extends Shown {
  readonly args: Arguments;
  /** Aborted by Ctrl-C: a scan ends with what it has, and anything else ends all of it. */
  readonly signal: AbortSignal;
}

/** What was made of the answers, and is not written yet. */
interface Draft {
  readonly wished: Wished;
  readonly files: StagedFiles;
  readonly before: string;
}

export class Work {
  /** What it came to, for scripts. */
  outcome: Readonly<Record<string, unknown>> = {};
  private readonly company: Company;
  private readonly key = Buffer.from(systemRandom(16)).toString("hex");
  private stage: Stage | undefined;
  private draft: Draft | undefined;

  constructor(company: Company) {
    this.company = company;
  }

  /** Resolves to what was found out. Rejects with FailureError or UsageError, nothing written. */
  async do(step: StepId, wizard: Wizard): Promise<Partial<Facts>> {
    const known = knownOf(wizard);
    switch (step) {
      case "reach":
        return this.reach(known);
      case "scan":
        return this.scan(known);
      case "check":
        return this.check(known);
      case "watch":
        return this.watch(known);
      case "preview":
        return this.preview(known);
      case "save":
        return this.save(known);
      case "follow":
        await follow(this.company, known);
        return {};
    }
  }

  async close(): Promise<void> {
    await this.stage?.close();
  }

  private async reach({ answers }: Known): Promise<Partial<Facts>> {
    const { sentence, answers: there } = await reachServer(answers.get("server") ?? "", this.company.signal);
    this.company.say(sentence);
    if (/^coap(\+tcp)?:/i.test(answers.get("server") ?? "")) {
      this.company.say(
        "warning: coap:// is plain text, and anybody on the way can read and change it: for trusted networks",
      );
    }
    this.outcome = { ...this.outcome, reachable: there };
    return {};
  }

  private async scan(known: Known): Promise<Partial<Facts>> {
    const { say, args, signal } = this.company;
    const { found, lines } = await withProgress(!args.flag("json"), (progress) => {
      const tell = (line: string): void => {
        progress.clear();
        say(line);
      };
      return scanNow(known, args, { tell, progress: progress.show, signal });
    });
    if (found.length === 0) for (const line of lines.filter((each) => each !== "")) say(line);
    return { found };
  }

  /** The whole configuration, as `check` reads it. */
  private async check(known: Known): Promise<Partial<Facts>> {
    this.stage ??= await Stage.make(known.facts.file);
    const draft = await this.draftOf(known);
    const loaded = await this.stage.check(draft.files, draft.wished.device?.id);
    const same = sameLink(loaded, draft.wished.link?.id);
    if (same === undefined) {
      this.draft = draft;
      return {};
    }
    this.company.say(`link ${same} leads there already, so the device stands behind that`);
    const again = await this.draftOf({ ...known, facts: { ...known.facts, sameLink: same } });
    await this.stage.check(again.files, again.wished.device?.id);
    this.draft = again;
    return { sameLink: same };
  }

  private async draftOf(known: Known): Promise<Draft> {
    const { facts } = known;
    const wished = wishedOf(known, this.key);
    const before = facts.isNew ? "" : await readFile(facts.file, "utf8");
    const secrets = wished.secrets.size === 0 ? undefined : await secretsBeside(facts.file);
    try {
      const config = facts.isNew ? freshConfig(wished) : extendedConfig(before, wished);
      const files =
        wished.secrets.size === 0 ? { config } : { config, secrets: extendedSecrets(secrets ?? "", wished.secrets) };
      return { wished, files, before };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new FailureError(`${facts.file} has no place for a device: ${error.message}`, {
        cause: error,
        code: "LG112",
      });
    }
  }

  private async watch(known: Known): Promise<Partial<Facts>> {
    const { stage, draft } = this;
    const { device, link } = draft?.wished ?? {};
    if (stage === undefined || device === undefined) return {};
    if (known.facts.runs && (await this.isInUse(known))) {
      this.company.say(
        `the running gateway has link ${device.link}: values are there once it has taken the new device`,
      );
      return { watches: false };
    }
    const linkText = link === undefined ? await linkLine(device.link, known) : `${link.id}: ${link.text}`;
    const watching = await watchDevice(stage, known.facts.file, { link: linkText, device: device.text });
    try {
      const shown = await showValues(watching, this.company);
      this.outcome = { ...this.outcome, values: shown.values };
      return { valuesCame: shown.came };
    } finally {
      await watching.close();
    }
  }

  /** Whether the gateway that runs has the link open. */
  private async isInUse(known: Known): Promise<boolean> {
    const link = linkOf(known);
    if (link === undefined) return false;
    const args = withLink(this.company.args, link.id, known.facts.file);
    // The answer is our own program's, on a socket that only its user can open.
    const { devices } = (await askGateway(args, "/v1/status")) as GatewayStatus;
    return devices.some((each) => each.link === link.id);
  }

  private async preview({ facts }: Known): Promise<Partial<Facts>> {
    const { files, before = "", wished } = this.draft ?? {};
    const { say } = this.company;
    say(`${facts.file}:`);
    const lines = facts.isNew ? (files?.config ?? "").trimEnd().split("\n") : addedLines(before, files?.config ?? "");
    for (const line of lines) say(`  ${line}`);
    for (const name of wished?.secrets.keys() ?? []) say(`secrets.yaml beside it (its owner alone reads it): ${name}`);
    return {};
  }

  private async save(known: Known): Promise<Partial<Facts>> {
    const { stage, draft } = this;
    if (stage === undefined || draft === undefined) throw new UsageError("nothing was answered");
    const { file, isNew } = known.facts;
    const now = existsSync(file) ? await readFile(file, "utf8") : undefined;
    if (now !== (isNew ? undefined : draft.before)) {
      throw new FailureError(`${file} has changed meanwhile, so nothing is written: call setup again`, {
        code: "LG104",
      });
    }
    await stage.commit(draft.files);
    const { wished } = draft;
    const { psk } = wished.server ?? {};
    this.company.say(`${file} is written, and lwm2m-gateway check has nothing against it`);
    if (psk !== undefined && known.answers.get("psk") === "new") {
      this.company.say(
        `at the server: identity ${psk.identity}, and this key, in hex: ${wished.secrets.get(psk.secret)}`,
      );
    }
    this.outcome = {
      ...this.outcome,
      config: file,
      new: known.facts.isNew,
      ...(wished.server === undefined ? {} : { server: wished.server }),
      ...(wished.device === undefined ? {} : { device: wished.device.id, link: wished.device.link }),
      secrets: [...wished.secrets.keys()],
    };
    return {};
  }
}

/** The line of a link that is there already. */
async function linkLine(id: string, { facts }: Known): Promise<string> {
  const node = childOf(childOf(parseYaml(await readFile(facts.file, "utf8"), facts.file), "links"), id);
  if (node === undefined)
    throw new FailureError(`link ${id} stands in devices.d, and cannot be tried alone: --no-watch`, { code: "LG112" });
  return `${JSON.stringify(id)}: ${nodeLines(node, " ").join(" ").trim()}`;
}

/** The link that leads where the new one does. */
function sameLink({ links }: LoadedConfig, id: string | undefined): string | undefined {
  const made = id === undefined ? undefined : links.get(id);
  if (made === undefined) return undefined;
  return [...links.values()].find((link) => link.id !== id && link.type === made.type && isSame(link, made))?.id;
}

function isSame(a: LinkSettings, b: LinkSettings): boolean {
  const [ends, other] = [a.adapter.leadsTo?.(a.options), b.adapter.leadsTo?.(b.options)];
  return isDeepStrictEqual(ends ?? a.options, other ?? b.options);
}
