/**
 * The schema, one step at a time: step n brings a file of version n-1 (PRAGMA user_version) to version n. A step that was
 * released is never changed; a change is a further step.
 */
export const MIGRATIONS: readonly string[] = [
  // `prefixes` holds every prefix that a device ever had, so that a prefix given up for a pinned one is never another's:
  // servers keep history under it. The checks let the integrity check find a row that no version of us wrote.
  `CREATE TABLE devices (
     id       TEXT PRIMARY KEY NOT NULL,
     prefix   TEXT NOT NULL UNIQUE,
     instance INTEGER NOT NULL UNIQUE CHECK (instance BETWEEN 0 AND 65534)
   ) STRICT;
   CREATE TABLE prefixes (
     prefix TEXT PRIMARY KEY NOT NULL
       CHECK (prefix GLOB '[A-Za-z]*' AND prefix NOT GLOB '*[^A-Za-z0-9_-]*' AND length(prefix) <= 32),
     device TEXT NOT NULL REFERENCES devices (id) ON UPDATE CASCADE ON DELETE CASCADE
   ) STRICT;`,
  // Instances of objects that servers make; without device they are the gateway's own. They move with the id of their device
  // and go with it.
  `CREATE TABLE instances (
     device   TEXT REFERENCES devices (id) ON UPDATE CASCADE ON DELETE CASCADE CHECK (device <> ''),
     object   INTEGER NOT NULL CHECK (object BETWEEN 0 AND 65534),
     instance INTEGER NOT NULL CHECK (instance BETWEEN 0 AND 65534),
     content  TEXT NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX instances_by_place ON instances (ifnull(device, ''), object, instance);
   CREATE INDEX instances_by_device ON instances (device);`,
  // One row: what is known of the time, for a machine that forgets it when it is switched off.
  `CREATE TABLE clock (
     one     INTEGER PRIMARY KEY CHECK (one = 1),
     time    REAL NOT NULL,
     boot    TEXT NOT NULL,
     uptime  REAL NOT NULL,
     trusted INTEGER NOT NULL CHECK (trusted IN (0, 1))
   ) STRICT;`,
  // What outlives a process of each server, part by part: registration, observations, attributes, what it wrote to its account.
  `CREATE TABLE servers (
     server  INTEGER NOT NULL CHECK (server BETWEEN 1 AND 65534),
     part    TEXT NOT NULL,
     content TEXT NOT NULL,
     PRIMARY KEY (server, part)
   ) STRICT, WITHOUT ROWID;`,
  // What a device said of itself, on which it depends what it has: a restart need not ask first.
  `CREATE TABLE facts (
     device  TEXT PRIMARY KEY NOT NULL REFERENCES devices (id) ON UPDATE CASCADE ON DELETE CASCADE,
     content TEXT NOT NULL
   ) STRICT;`,
  // As which instance an instance of a device is shown where those of all devices stand side by side. It is never another's before
  // the device is forgotten.
  `CREATE TABLE numbers (
     device   TEXT NOT NULL REFERENCES devices (id) ON UPDATE CASCADE ON DELETE CASCADE,
     object   INTEGER NOT NULL CHECK (object BETWEEN 0 AND 65534),
     instance INTEGER NOT NULL CHECK (instance BETWEEN 0 AND 65534),
     number   INTEGER NOT NULL CHECK (number BETWEEN 0 AND 65534),
     UNIQUE (device, object, instance),
     UNIQUE (object, number)
   ) STRICT;`,
  // One row: the machine whose state this is, as a hash of its id.
  `CREATE TABLE machine (
     one  INTEGER PRIMARY KEY CHECK (one = 1),
     hash TEXT NOT NULL
   ) STRICT;`,
  // Of each device whose firmware can be updated, and of the gateway itself, which has none: where its update stands.
  `CREATE TABLE firmware (
     device  TEXT REFERENCES devices (id) ON UPDATE CASCADE ON DELETE CASCADE CHECK (device <> ''),
     content TEXT NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX firmware_by_owner ON firmware (ifnull(device, ''));
   CREATE INDEX firmware_by_device ON firmware (device);`,
];

/** The same of `history.db`: a file of its own, so that what wears it, fills it or breaks it never touches the places. */
export const HISTORY_MIGRATIONS: readonly string[] = [
  // `keep` is large where there is no limit. A row lives as long as a segment has a run of its observation.
  `CREATE TABLE observations (
     number    INTEGER PRIMARY KEY,
     id        TEXT NOT NULL,
     keep      REAL NOT NULL,
     confirmed INTEGER NOT NULL CHECK (confirmed >= 0),
     crc       INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE segments (
     id        INTEGER PRIMARY KEY,
     level     INTEGER NOT NULL,
     directory BLOB NOT NULL,
     body      BLOB NOT NULL
   ) STRICT;`,
  // What is confirmed above `confirmed`, while something between waits: live reports go before old ones.
  "ALTER TABLE observations ADD COLUMN gaps BLOB NOT NULL DEFAULT x''",
  // Runs of the machine in which something was measured before the clock was right: segments count from their start.
  `CREATE TABLE epochs (
     number  INTEGER PRIMARY KEY,
     boot    TEXT NOT NULL,
     started REAL NOT NULL,
     known   INTEGER NOT NULL,
     crc     INTEGER NOT NULL
   ) STRICT;`,
];
