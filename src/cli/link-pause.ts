import { type Command, EXIT, UsageError } from "./command.ts";
import { firstOf } from "./counted.ts";
import { LINK_OPTIONS, linkId, noMore, toldLink } from "./link-asked.ts";

/** For somebody who plugs a laptop into the bus, or needs the port. */
export const linkPause: Command = {
  name: "link pause",
  summary: "Sends nothing on a link for a while and closes its port; servers get no alarms.",
  positionals: "ID TIME",
  options: { ...LINK_OPTIONS, json: { type: "boolean", help: "Prints the link as JSON." } },
  async run(args) {
    noMore(args, 2);
    const id = linkId(args);
    const [, span] = args.positionals;
    if (span === undefined) throw new UsageError(`for how long? lwm2m-gateway link pause ${id} 10m`);
    const link = await toldLink(args, id, "pause", { for: span });
    const devices = link.devices.length === 0 ? "no devices" : firstOf(link.devices).join(", ");
    const text = args.flag("json")
      ? JSON.stringify(link, undefined, 2)
      : [
          `${link.paused?.reason}: nothing is sent on it, and its port is free (${devices})`,
          `To end the pause before: lwm2m-gateway link resume ${id}`,
        ].join("\n");
    process.stdout.write(`${text}\n`);
    return EXIT.ok;
  },
};
