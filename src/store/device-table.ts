import type { Database, Statement } from "better-sqlite3";
import {
  type DeviceClaim,
  type DevicePlaces,
  type PlaceChange,
  type PlaceMemory,
  placeDevices,
} from "./device-place.ts";

interface DeviceRow {
  readonly id: string;
  readonly prefix: string;
  readonly instance: number;
}

interface PrefixRow {
  readonly prefix: string;
  readonly device: string;
}

/** The tables `devices` and `prefixes`. Methods throw SqliteError. */
export class DeviceTable {
  private readonly db: Database;
  private readonly selectDevices: Statement<[], DeviceRow>;
  private readonly selectPrefixes: Statement<[], PrefixRow>;
  private readonly upsertDevice: Statement<[string, string, number]>;
  private readonly upsertPrefix: Statement<[string, string]>;
  private readonly renameDevice: Statement<[string, string]>;
  private readonly deleteDevice: Statement<[string]>;

  /** Prepares every statement: a schema that is not ours fails here and not in the middle of the work. */
  constructor(db: Database) {
    this.db = db;
    this.selectDevices = db.prepare("SELECT id, prefix, instance FROM devices");
    this.selectPrefixes = db.prepare("SELECT prefix, device FROM prefixes");
    this.upsertDevice = db.prepare(
      `INSERT INTO devices (id, prefix, instance) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET prefix = excluded.prefix, instance = excluded.instance`,
    );
    this.upsertPrefix = db.prepare(
      "INSERT INTO prefixes (prefix, device) VALUES (?, ?) ON CONFLICT (prefix) DO NOTHING",
    );
    this.renameDevice = db.prepare("UPDATE devices SET id = ? WHERE id = ?");
    this.deleteDevice = db.prepare("DELETE FROM devices WHERE id = ?");
  }

  /** One transaction for the whole list. */
  assign(claims: readonly DeviceClaim[]): DevicePlaces {
    return this.db
      .transaction(() => {
        const { assigned, refused, changes } = placeDevices(this.load(), claims);
        for (const change of changes) this.apply(change);
        return { assigned, refused };
      })
      .immediate();
  }

  /** By id. */
  places(): PlaceMemory["places"] {
    return new Map(this.selectDevices.all().map(({ id, prefix, instance }) => [id, { prefix, instance }]));
  }

  forget(id: string): boolean {
    return this.deleteDevice.run(id).changes > 0;
  }

  /**
   * After a part was lost: both tables say which prefix a device has, so that one makes good what the other lost. A device whose
   * prefix cannot be is given another.
   */
  complete(): void {
    this.db.exec(
      `UPDATE OR IGNORE devices SET prefix = (SELECT prefix FROM prefixes WHERE device = id)
         WHERE (SELECT count(*) FROM prefixes WHERE device = id) = 1;
       DELETE FROM devices WHERE prefix NOT GLOB '[A-Za-z]*' OR prefix GLOB '*[^A-Za-z0-9_-]*' OR length(prefix) > 32
         OR instr(prefix, char(0)) > 0;
       INSERT INTO prefixes (prefix, device) SELECT prefix, id FROM devices WHERE true
         ON CONFLICT (prefix) DO UPDATE SET device = excluded.device;`,
    );
  }

  private load(): PlaceMemory {
    return {
      places: this.places(),
      owners: new Map(this.selectPrefixes.all().map(({ prefix, device }) => [prefix, device])),
    };
  }

  private apply(change: PlaceChange): void {
    switch (change.type) {
      case "renamed":
        this.renameDevice.run(change.to, change.from);
        return;
      case "placed":
        this.upsertDevice.run(change.id, change.place.prefix, change.place.instance);
        this.upsertPrefix.run(change.place.prefix, change.id);
        return;
      default:
        change satisfies never;
    }
  }
}
