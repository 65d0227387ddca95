import type { CommandGroup } from "./command.ts";
import { deviceForget } from "./device-forget.ts";
import { deviceRename } from "./device-rename.ts";
import { deviceReplace } from "./device-replace.ts";
import { deviceShow } from "./device-show.ts";

/** One device: how it is, and what becomes of its place, its prefix, its numbers, its history. */
export const device: CommandGroup = {
  name: "device",
  summary: "Shows one device; renames it, has it forgotten, or tells that its hardware was replaced.",
  usual: "show",
  commands: { show: deviceShow, replace: deviceReplace, forget: deviceForget, rename: deviceRename },
};
