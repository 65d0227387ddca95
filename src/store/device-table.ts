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

  forget(id: string): boolean {
    return this.deleteDevice.run(id).changes > 0;
  }

  private load(): PlaceMemory {
    return {
      places: new Map(this.selectDevices.all().map(({ id, prefix, instance }) => [id, { prefix, instance }])),
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
