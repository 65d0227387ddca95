import type { CommandGroup } from "./command.ts";
import { storeExport } from "./store-export.ts";
import { storeForget } from "./store-forget.ts";
import { storeStats } from "./store-stats.ts";

/** What waits for servers that do not have it yet. */
export const store: CommandGroup = {
  name: "store",
  summary: "Shows, exports or forgets what waits for servers.",
  commands: { stats: storeStats, export: storeExport, forget: storeForget },
};
