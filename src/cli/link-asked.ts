/** Asking the running gateway about its links. */
import type { LinkView } from "../gateway/links/link-admin.ts";
import { askGateway, SOCKET_OPTION } from "./admin.ts";
import { type Arguments, type OptionHelp, UsageError } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";

/** What is being written is finished first. */
const PATIENCE = 30_000;

export const LINK_OPTIONS = {
  config: CONFIG_OPTION,
  socket: SOCKET_OPTION,
} satisfies Readonly<Record<string, OptionHelp>>;

export async function askedLinks(args: Arguments): Promise<readonly LinkView[]> {
  return ((await askGateway(args, "/v1/links")) as { readonly links: readonly LinkView[] }).links;
}

export async function askedLink(args: Arguments, id: string): Promise<LinkView> {
  return (await askGateway(args, pathOf(id))) as LinkView;
}

/** What became of the link. */
export async function toldLink(args: Arguments, id: string, verb: string, body: unknown): Promise<LinkView> {
  return (await askGateway(args, `${pathOf(id)}/${verb}`, { body, patience: PATIENCE })) as LinkView;
}

/** The first of the arguments. Throws UsageError. */
export function linkId({ positionals: [id] }: Arguments): string {
  if (id === undefined) throw new UsageError("which link? lwm2m-gateway link list tells what there are");
  return id;
}

/** Throws UsageError where there are more arguments than so many. */
export function noMore({ positionals }: Arguments, most: number): void {
  const surplus = positionals[most];
  if (surplus !== undefined) throw new UsageError(`"${surplus}" is too much`);
}

function pathOf(id: string): string {
  return `/v1/links/${encodeURIComponent(id)}`;
}
