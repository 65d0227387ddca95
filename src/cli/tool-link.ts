/** The link that a tool talks on: of the gateway that runs, which has it open; or of the configuration, opened here. */
import type { AdapterContext, AdapterModule, Ask, Link, ToolLink } from "../adapter.ts";
import { type LinkAnswer, type LinkUse, takeAnswer } from "../admin/link-request.ts";
import type { LinkSettings } from "../config/types.ts";
import { readConfig } from "../gateway/read-config.ts";
import { unknownWord } from "../yaml/issues.ts";
import { askGateway, NotRunning } from "./admin.ts";
import { type Arguments, UsageError } from "./command.ts";
import { configFile } from "./config-option.ts";

/** `link`: where it is ours, to be closed by us, or by `through` where another process has it. */
export interface NamedLink {
  readonly settings: LinkSettings;
  readonly shared: { readonly ask: Ask; readonly devices: readonly string[] } | undefined;
}

/** The link that `--link` names; undefined where that was not said. Rejects with UsageError, ConfigError or FailureError. */
export async function namedLink(args: Arguments, adapter: AdapterModule): Promise<NamedLink | undefined> {
  const id = args.text("link");
  if (id === undefined) return undefined;
  const tools = await adapter.tools?.();
  const beside = Object.keys(tools?.wire ?? {}).find(
    (option) => option !== "timeout" && args.text(option) !== undefined,
  );
  if (beside !== undefined) throw new UsageError(`--link ${id} names the wire: --${beside} does not go with it`);
  const { links } = await readConfig(configFile(args));
  const settings = links.get(id);
  if (settings === undefined)
    throw new UsageError(`--link: ${unknownWord("link", id, links.keys())}`, { code: "LG501" });
  if (settings.adapter.name !== adapter.name) {
    throw new UsageError(`--link ${id}: it is of type ${settings.type}, and not of protocol ${adapter.name}`);
  }
  return { settings, shared: tools?.besides === true ? undefined : await sharedLink(args, id) };
}

/** A link on which requests can be made, and how it is closed. */
export async function openNamed(
  { settings, shared }: NamedLink,
  context: AdapterContext,
): Promise<{ readonly link: ToolLink; close(): Promise<void> }> {
  const { id, type, options } = settings;
  if ((await settings.adapter.tools?.())?.besides === true) {
    return { link: { id, type, options, sharedWith: [] }, close: async () => {} };
  }
  if (shared !== undefined) {
    return { link: { id, type, options, ask: shared.ask, sharedWith: shared.devices }, close: async () => {} };
  }
  const own: Link = await settings.adapter.open(options, { ...context, linkId: id });
  const { ask } = own;
  if (ask === undefined) throw new UsageError(`--link ${id}: links of type ${type} take no requests of tools`);
  return { link: { id, type, options, ask, sharedWith: [] }, close: () => own.close() };
}

/** The tools wait for their turn, and for the device's answer. */
const PATIENCE = 120_000;

/** Undefined where no gateway runs, or the one that runs does not use this link. */
async function sharedLink(args: Arguments, id: string): Promise<NamedLink["shared"]> {
  const route = `/v1/links/${encodeURIComponent(id)}`;
  try {
    // The answers are our own program's, on a socket that only its user can open.
    const use = (await askGateway(args, `${route}/use`)) as LinkUse;
    if (!use.open) return undefined;
    const ask: Ask = async (request) => {
      const posted = { body: request, patience: PATIENCE };
      return takeAnswer((await askGateway(args, `${route}/ask`, posted)) as LinkAnswer);
    };
    return { ask, devices: use.devices };
  } catch (error) {
    if (error instanceof NotRunning) return undefined;
    throw error;
  }
}
