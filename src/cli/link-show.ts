import { type Command, EXIT } from "./command.ts";
import { askedLink, LINK_OPTIONS, linkId, noMore } from "./link-asked.ts";
import { wholeLink } from "./link-text.ts";

export const linkShow: Command = {
  name: "link show",
  summary: "Shows one link of the running gateway: its devices, its load, and how each unit on it answers.",
  positionals: "ID",
  options: { ...LINK_OPTIONS, json: { type: "boolean", help: "Prints the link as JSON." } },
  async run(args) {
    noMore(args, 1);
    const link = await askedLink(args, linkId(args));
    const text = args.flag("json") ? JSON.stringify(link, undefined, 2) : wholeLink(link).join("\n");
    process.stdout.write(`${text}\n`);
    return EXIT.ok;
  },
};
