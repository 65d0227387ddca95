import { type Command, EXIT } from "./command.ts";
import { LINK_OPTIONS, linkId, noMore, toldLink } from "./link-asked.ts";

export const linkResume: Command = {
  name: "link resume",
  summary: "Ends the pause of a link: its devices are asked again at once.",
  positionals: "ID",
  options: { ...LINK_OPTIONS, json: { type: "boolean", help: "Prints the link as JSON." } },
  async run(args) {
    noMore(args, 1);
    const id = linkId(args);
    const link = await toldLink(args, id, "resume", {});
    const text = args.flag("json") ? JSON.stringify(link, undefined, 2) : `link ${id} goes on`;
    process.stdout.write(`${text}\n`);
    return EXIT.ok;
  },
};
