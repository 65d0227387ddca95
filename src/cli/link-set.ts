import { type Arguments, type Command, EXIT, UsageError } from "./command.ts";
import { LINK_OPTIONS, linkId, noMore, toldLink } from "./link-asked.ts";
import { keepLines } from "./link-text.ts";

/** For trying what belongs into the file. */
export const linkSet: Command = {
  name: "link set",
  summary: "Tries other options on a link of the running gateway, until it is reloaded or restarted.",
  positionals: "ID KEY=VALUE…",
  options: {
    ...LINK_OPTIONS,
    reset: { type: "boolean", help: "Takes back what was set by hand." },
    json: { type: "boolean", help: "Prints the link as JSON." },
  },
  async run(args) {
    const id = linkId(args);
    const link = await toldLink(args, id, "set", bodyOf(args, id));
    const said = link.set === undefined ? [`link ${id} is as the file has it`] : keepLines(link.id, link.set);
    process.stdout.write(`${args.flag("json") ? JSON.stringify(link, undefined, 2) : said.join("\n")}\n`);
    return EXIT.ok;
  },
};

function bodyOf(args: Arguments, id: string): unknown {
  if (args.flag("reset")) {
    noMore(args, 1);
    return { reset: true };
  }
  const [, ...pairs] = args.positionals;
  if (pairs.length === 0) throw new UsageError(`which options? lwm2m-gateway link set ${id} timeout=2s`);
  return { options: Object.fromEntries(pairs.map(pairOf)) };
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`"${text}" sets nothing: expected KEY=VALUE, as timeout=2s`);
  return [text.slice(0, at), text.slice(at + 1)];
}
