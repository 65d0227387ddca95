/** What lies in `history.db` for tests that break it, and what the log says of it. */
import Sqlite from "better-sqlite3";
import type { FakeClock } from "./fake-clock.ts";
import { type HistoryWorld, observed, openHistory, sample } from "./history.ts";

const PATH = "/meter-1/3303/0/5700";
const ID = observed(PATH);
const OTHER = observed("/meter-2/3303/0/5700");
const ALL = Number.POSITIVE_INFINITY;

/** So many segments, each with an entry of two observations. */
export async function filled(directory: string, clock: FakeClock, segments: number, value?: string): Promise<void> {
  const { history, stop } = openHistory(directory, { clock });
  for (let i = 1; i <= segments; i++) {
    for (const id of [ID, OTHER]) history.append(id, { samples: [sample(PATH, i, value)], confirmable: true }, ALL);
    await history.flush();
  }
  await stop();
}

/** Changes the file behind the back of who wrote it, while nobody has it open. */
export function execute(directory: string, sql: string): void {
  const db = new Sqlite(`${directory}/history.db`);
  db.exec(sql);
  db.close();
}

/** The log, by what matters of its lines. */
export function told(lines: HistoryWorld["lines"]): readonly string[] {
  const words = ["not written", "the disk takes it again", "damaged"];
  return lines.map(({ level, message }) => {
    const found = words.find((word) => message.includes(word));
    return `${level}: history: ${found ?? message}`;
  });
}
