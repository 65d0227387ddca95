import type { CommandGroup } from "./command.ts";
import { mappingList } from "./mapping/mapping-list.ts";
import { mappingNew } from "./mapping/mapping-new.ts";
import { mappingShow } from "./mapping/mapping-show.ts";
import { mappingTest } from "./mapping/mapping-test.ts";

/** Device types: which there are, what each has, whether it still does what it should, and a beginning of a new one. */
export const mapping: CommandGroup = {
  name: "mapping",
  summary: "Lists, shows and tests device types, and begins new ones.",
  commands: { list: mappingList, show: mappingShow, test: mappingTest, new: mappingNew },
};
