import type { Database } from "better-sqlite3";

/** What one device said of itself; what is in it is the business of who keeps it. */
export interface KeptFacts {
  /** Its id. */
  readonly device: string;
  readonly content: string;
}

/** The table `facts`, of devices that are not configured too. Throws SqliteError. */
export function loadFacts(db: Database): readonly KeptFacts[] {
  return db.prepare<[], KeptFacts>("SELECT device, content FROM facts ORDER BY device").all();
}

/** In the place of what was kept; of a device without a place nothing is. Throws SqliteError. */
export function saveFacts(db: Database, { device, content }: KeptFacts): void {
  db.prepare<[string, string]>(
    `INSERT INTO facts (device, content) SELECT id, ? FROM devices WHERE id = ?
     ON CONFLICT (device) DO UPDATE SET content = excluded.content`,
  ).run(content, device);
}
