/** What a person does with a link of the running gateway: lets it go for a while, or tries other options on it. */
import { AdminRefusal } from "../../admin/errors.ts";
import type { Millis } from "../../clock.ts";
import { readOptions } from "../../config/links.ts";
import type { LinkSettings, LoadedConfig } from "../../config/types.ts";
import type { Devices, LinkPlan } from "../../devices/devices.ts";
import type { LinkStatus } from "../../devices/open-links.ts";
import type { LinkPause } from "../../devices/paused-links.ts";
import { ConfigError, type Place, type Problem } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { nearestNames } from "../../near-miss.ts";
import type { MapEntry, ScalarNode, YamlNode } from "../../yaml/nodes.ts";
import { parseYaml } from "../../yaml/parse.ts";

export interface LinkAdminOptions {
  readonly devices: Pick<Devices, "pauseLink" | "resumeLink" | "pauseOf" | "on" | "linkStatus" | "linkTrouble">;
  readonly config: () => LoadedConfig;
  /** Makes what runs that of the configuration, and of `over`. */
  readonly apply: () => Promise<void>;
  readonly log: Logger;
}

/** Keys of a link and their values, as they were typed. */
export type SetOptions = Readonly<Record<string, string>>;

/** A link that is not as the configuration has it; plain data. */
export interface HandledLink {
  readonly id: string;
  readonly paused?: LinkPause;
  readonly set?: SetByHand;
}

export interface SetByHand {
  readonly options: SetOptions;
  /** The lines that keep it, and where they belong. */
  readonly keep: readonly string[];
  readonly file: string;
  readonly line: number;
}

/** One link; plain data. */
export interface LinkView extends HandledLink, Partial<Omit<LinkStatus, "id">> {
  /** The word behind `type:`. */
  readonly type: string;
  /** Ids of the running devices on it. */
  readonly devices: readonly string[];
  /** Why it cannot be opened at all; that a line is down is told by the line. */
  readonly trouble?: string;
}

/** Nobody forgets a pause for longer. */
const LONGEST_PAUSE: Millis = 24 * 3_600_000;
const TYPED = "what was typed";

export class LinkAdmin {
  private readonly options: LinkAdminOptions;
  private readonly made = new Map<string, { readonly set: SetOptions; readonly options: unknown }>();

  constructor(options: LinkAdminOptions) {
    this.options = options;
  }

  /** The links as they are to be: those of the configuration, with what was set by hand. */
  over(links: LoadedConfig["links"]): ReadonlyMap<string, LinkPlan> {
    if (this.made.size === 0) return links;
    return new Map(
      [...links].map(([id, link]) => [id, { ...link, options: this.made.get(id)?.options ?? link.options }]),
    );
  }

  /** Another configuration holds from now on. Returns what takes that back. */
  configured(): () => void {
    const before = [...this.made];
    for (const [id] of before) this.options.log.info({ link: id }, "what was set on the link by hand is over");
    this.made.clear();
    return () => {
      for (const [id, made] of before) this.made.set(id, made);
    };
  }

  /** All of the configuration, in its order. */
  list(): readonly LinkView[] {
    const known = new Map(this.options.devices.linkStatus().map((status) => [status.id, status]));
    return [...this.options.config().links.values()].map((link) => this.view(link, known.get(link.id)));
  }

  /** Throws AdminRefusal where there is none. */
  of(id: string): LinkView {
    const link = this.link(id);
    return this.view(
      link,
      this.options.devices.linkStatus().find((status) => status.id === id),
    );
  }

  /** Those that are not as the configuration has them. */
  handled(): readonly HandledLink[] {
    return [...this.options.config().links.values()]
      .map((link) => this.handledAt(link))
      .filter(({ paused, set }) => paused !== undefined || set !== undefined);
  }

  /** Resolves when others can have what the link holds. */
  async pause(id: string, span: Millis): Promise<LinkView> {
    this.link(id);
    if (span <= 0 || span > LONGEST_PAUSE) {
      throw new AdminRefusal("a pause is longer than 0, and at most 24h", { code: "LG502" });
    }
    await this.options.devices.pauseLink(id, span);
    return this.of(id);
  }

  /** Throws AdminRefusal where it is not paused. */
  async resume(id: string): Promise<LinkView> {
    this.link(id);
    if (!(await this.options.devices.resumeLink(id))) {
      throw new AdminRefusal(`link "${id}" is not paused`, { status: 409, code: "LG502" });
    }
    return this.of(id);
  }

  /** These keys hold until a reload or a restart, beside what was set before; the devices of the link are attached anew. */
  async set(id: string, options: SetOptions): Promise<LinkView> {
    const link = this.link(id);
    const set = { ...this.made.get(id)?.set, ...options };
    this.made.set(id, { set, options: optionsOf(link, set) });
    this.options.log.warn(
      { code: "LG749", link: id, keys: Object.keys(options) },
      "somebody set options of the link by hand",
    );
    await this.options.apply();
    return this.of(id);
  }

  /** As the file has it. */
  async reset(id: string): Promise<LinkView> {
    this.link(id);
    if (!this.made.delete(id)) {
      throw new AdminRefusal(`nothing was set on link "${id}" by hand`, { status: 409, code: "LG503" });
    }
    this.options.log.info({ link: id }, "the link is as the configuration has it");
    await this.options.apply();
    return this.of(id);
  }

  private link(id: string): LinkSettings {
    const { links } = this.options.config();
    const link = links.get(id);
    if (link !== undefined) return link;
    const [nearest] = nearestNames(id, [...links.keys()], 1);
    const hint = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
    throw new AdminRefusal(`there is no link "${id}"${hint}`, {
      status: 404,
      code: "LG501",
      next: "lwm2m-gateway link list",
    });
  }

  private view(link: LinkSettings, status: LinkStatus | undefined): LinkView {
    const { devices } = this.options;
    const trouble = devices.linkTrouble(link.id);
    return {
      ...this.handledAt(link),
      type: link.type,
      devices: devices.on(link.id).map(({ plan }) => plan.id),
      ...(status === undefined ? {} : { lines: status.lines }),
      ...(status?.notes === undefined ? {} : { notes: status.notes }),
      ...(trouble === undefined ? {} : { trouble }),
    };
  }

  private handledAt({ id, place }: LinkSettings): HandledLink {
    const paused = this.options.devices.pauseOf(id);
    const options = this.made.get(id)?.set;
    const keep = Object.entries(options ?? {}).map(([key, value]) => `${key}: ${value}`);
    return {
      id,
      ...(paused === undefined ? {} : { paused }),
      ...(options === undefined ? {} : { set: { options, keep, file: place.file, line: place.line } }),
    };
  }
}

/** What the adapter makes of the link with these keys. Throws AdminRefusal with all that is wrong. */
function optionsOf({ type, adapter, written }: LinkSettings, set: SetOptions): unknown {
  const schema = adapter.linkTypes[type];
  const entries = written.kind === "map" ? written.entries : [];
  if (schema === undefined || "type" in set) {
    throw new AdminRefusal("the type of a link cannot be set by hand", { code: "LG503" });
  }
  const secret = Object.keys(set).find((key) => isSecret(entries, key));
  if (secret !== undefined) {
    throw new AdminRefusal(`${secret} is a secret: change it where it stands, and reload`, { code: "LG503" });
  }
  const problems: Problem[] = [];
  const typed = Object.entries(set).map(([key, text]) => typedEntry(key, text));
  const node: YamlNode = {
    ...{ kind: "map", place: written.place },
    entries: [...entries.filter(({ key }) => !(key.text in set)), ...typed],
  };
  const options = readOptions(node, schema, (problem) => problems.push(problem));
  if (problems.length > 0) {
    throw new AdminRefusal(problems.map(({ message }) => message).join("; "), { code: "LG503" });
  }
  return options;
}

/** What was set is shown to whoever asks. */
function isSecret(entries: readonly MapEntry[], name: string): boolean {
  const value = entries.find(({ key }) => key.text === name)?.value;
  return name === "password" || (value?.kind === "scalar" && value.secret === true);
}

function typedEntry(key: string, text: string): MapEntry {
  return { key: scalar(key), value: typedNode(key, text) };
}

/** As it would stand in the file. */
function typedNode(key: string, text: string): YamlNode {
  try {
    return parseYaml(text, TYPED);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new AdminRefusal(`${key}: ${error.problems[0]?.message ?? "no value"}`, { cause: error, code: "LG503" });
  }
}

function scalar(text: string): ScalarNode {
  return { kind: "scalar", place: NOWHERE, text, quoted: false };
}

const NOWHERE: Place = { file: TYPED, line: 1, column: 1 };
