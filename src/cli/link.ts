import type { CommandGroup } from "./command.ts";
import { linkList } from "./link-list.ts";
import { linkPause } from "./link-pause.ts";
import { linkResume } from "./link-resume.ts";
import { linkSet } from "./link-set.ts";
import { linkShow } from "./link-show.ts";

/** What a person at the cabinet does with a link of the running gateway. */
export const link: CommandGroup = {
  name: "link",
  summary: "Shows the links of the running gateway, pauses one, or tries other options on it.",
  commands: { list: linkList, show: linkShow, pause: linkPause, resume: linkResume, set: linkSet },
};
