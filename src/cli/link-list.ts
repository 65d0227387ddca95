import { type Command, EXIT } from "./command.ts";
import { askedLinks, LINK_OPTIONS } from "./link-asked.ts";
import { linkTable } from "./link-text.ts";

export const linkList: Command = {
  name: "link list",
  summary: "Lists the links of the running gateway: type, devices, load, and what was done to them by hand.",
  options: { ...LINK_OPTIONS, json: { type: "boolean", help: "Prints the links as JSON." } },
  async run(args) {
    const links = await askedLinks(args);
    const text = args.flag("json") ? JSON.stringify(links, undefined, 2) : linkTable(links).join("\n");
    process.stdout.write(`${text}\n`);
    return EXIT.ok;
  },
};
