import type { CommandGroup } from "../command.ts";
import { versionDrop } from "./drop.ts";
import { versionList } from "./list.ts";
import { versionUse } from "./use.ts";

/** What servers do by object 5 of the gateway, for a person at the machine. */
export const version: CommandGroup = {
  name: "version",
  summary: "Shows the versions of the gateway that are here, and says which one runs.",
  commands: { list: versionList, use: versionUse, drop: versionDrop },
};
