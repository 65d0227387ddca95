import type { CommandGroup } from "./command.ts";
import { deviceForget } from "./device-forget.ts";
import { deviceRename } from "./device-rename.ts";
import { deviceReplace } from "./device-replace.ts";

/** What becomes of a device's place: its prefix, its numbers, its history. */
export const device: CommandGroup = {
  name: "device",
  summary: "Renames a device, has it forgotten, or tells that its hardware was replaced.",
  commands: { replace: deviceReplace, forget: deviceForget, rename: deviceRename },
};
