import type { Database } from "better-sqlite3";

/** A part of what is kept of one server, e.g. "registration"; what is in it is the business of who keeps it. */
export interface KeptPart {
  /** Short Server ID. */
  readonly server: number;
  readonly part: string;
  readonly content: string;
}

/** What becomes of a part; without content it is gone. */
export interface PartChange extends Omit<KeptPart, "server" | "content"> {
  readonly content?: string;
}

/** Those of one server. */
export interface PartChanges {
  readonly server: number;
  readonly changes: readonly PartChange[];
}

/** The table `servers`, of servers that are not configured too. Throws SqliteError. */
export function loadServers(db: Database): readonly KeptPart[] {
  return db.prepare<[], KeptPart>("SELECT server, part, content FROM servers ORDER BY server, part").all();
}

/** All of the changes in one transaction. Throws SqliteError. */
export function saveServer(db: Database, { server, changes }: PartChanges): void {
  const upsert = db.prepare<[number, string, string]>(
    `INSERT INTO servers (server, part, content) VALUES (?, ?, ?)
     ON CONFLICT (server, part) DO UPDATE SET content = excluded.content`,
  );
  const remove = db.prepare<[number, string]>("DELETE FROM servers WHERE server = ? AND part = ?");
  db.transaction(() => {
    for (const { part, content } of changes) {
      if (content === undefined) remove.run(server, part);
      else upsert.run(server, part, content);
    }
  }).immediate();
}
