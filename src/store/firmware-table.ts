import type { Database } from "better-sqlite3";

/** What is kept of the firmware of one owner; what is in it is the business of who keeps it. */
export interface KeptFirmwareRow {
  /** Id of a device, or "" for the gateway. */
  readonly owner: string;
  readonly content: string;
}

/** What becomes of it; without content it is gone. */
export interface FirmwareChange extends Omit<KeptFirmwareRow, "content"> {
  readonly content?: string;
}

/** The table `firmware`, of devices that are not configured too. Throws SqliteError. */
export function loadFirmware(db: Database): readonly KeptFirmwareRow[] {
  return db
    .prepare<[], KeptFirmwareRow>("SELECT ifnull(device, '') AS owner, content FROM firmware ORDER BY owner")
    .all();
}

/** In the place of what was kept; of a device without a place nothing is. Throws SqliteError. */
export function saveFirmware(db: Database, { owner, content }: FirmwareChange): void {
  if (content === undefined) {
    db.prepare<[string]>("DELETE FROM firmware WHERE ifnull(device, '') = ?").run(owner);
    return;
  }
  const upsert = "ON CONFLICT (ifnull(device, '')) DO UPDATE SET content = excluded.content";
  if (owner === "") db.prepare<[string]>(`INSERT INTO firmware (content) VALUES (?) ${upsert}`).run(content);
  else {
    db.prepare<[string, string]>(
      `INSERT INTO firmware (device, content) SELECT id, ? FROM devices WHERE id = ? ${upsert}`,
    ).run(content, owner);
  }
}
