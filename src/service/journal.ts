/** Whether standard output is the journal, and the way to it that keeps fields. */
import { fstatSync } from "node:fs";
import { type JournalFields, journalEntry } from "./journal-entry.ts";
import type { NativeLinux } from "./native.ts";

/** Where journald listens; a test has its own. */
const SOCKET = "/run/systemd/journal/socket";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * systemd.exec(5), JOURNAL_STREAM: device and inode of what the service manager has connected standard output with. A shell
 * that sends it elsewhere leaves the variable as it is.
 */
export function isJournal({ JOURNAL_STREAM: stream = "" }: Environment, descriptor: number): boolean {
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/** Writes one entry; returns whether the journal took it. */
export type WriteEntry = (fields: JournalFields) => boolean;

/** Undefined `native`: the addon is not there, and so there is no such way. */
export function journalWriter(native: NativeLinux, socket: string = SOCKET): WriteEntry {
  return (fields) => native.sendDatagram(socket, journalEntry(fields), true) === 0;
}
