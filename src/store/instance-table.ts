import type { Database, Statement } from "better-sqlite3";
import { reasonOf } from "../errors.ts";
import type { StoredInstance } from "../lwm2m/stored-content.ts";
import { readContent, writeContent } from "./instance-content.ts";

/** An instance of the gateway's own, or of a device's. */
export interface KeptInstance extends StoredInstance {
  /** Id of the device; absent: the gateway. */
  readonly device?: string;
}

/** What becomes of one instance; without values it is gone. */
export interface KeptChange extends Omit<KeptInstance, "values"> {
  readonly values?: KeptInstance["values"];
}

/** A row that nobody can read; it is left where it is. */
export interface DamagedInstance extends Omit<KeptInstance, "values"> {
  readonly reason: string;
}

export interface KeptInstances {
  readonly instances: readonly KeptInstance[];
  readonly damaged: readonly DamagedInstance[];
}

interface InstanceRow {
  readonly device: string | null;
  readonly object: number;
  readonly instance: number;
  readonly content: string;
}

/** The table `instances`. Methods throw SqliteError. */
export class InstanceTable {
  private readonly db: Database;
  private readonly selectAll: Statement<[], InstanceRow>;
  private readonly upsert: Statement<[string | null, number, number, string]>;
  private readonly remove: Statement<[string | null, number, number]>;

  constructor(db: Database) {
    this.db = db;
    this.selectAll = db.prepare("SELECT device, object, instance, content FROM instances ORDER BY object, instance");
    this.upsert = db.prepare(
      `INSERT INTO instances (device, object, instance, content) VALUES (?, ?, ?, ?)
       ON CONFLICT (ifnull(device, ''), object, instance) DO UPDATE SET content = excluded.content`,
    );
    this.remove = db.prepare("DELETE FROM instances WHERE device IS ? AND object = ? AND instance = ?");
  }

  load(): KeptInstances {
    const instances: KeptInstance[] = [];
    const damaged: DamagedInstance[] = [];
    for (const { device, object, instance, content } of this.selectAll.all()) {
      const key = { ...(device === null ? {} : { device }), object, instance };
      try {
        instances.push({ ...key, values: readContent(content) });
      } catch (error) {
        damaged.push({ ...key, reason: reasonOf(error) });
      }
    }
    return { instances, damaged };
  }

  /** One transaction for all of them. */
  save(changes: readonly KeptChange[]): void {
    this.db
      .transaction(() => {
        for (const { device = null, object, instance, values } of changes) {
          if (values === undefined) this.remove.run(device, object, instance);
          else this.upsert.run(device, object, instance, writeContent(values));
        }
      })
      .immediate();
  }
}
