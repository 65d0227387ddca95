/** Files of a configuration that change: whoever writes them, in whatever way an editor does. */
import { createHash } from "node:crypto";
import { type FSWatcher, watch } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type Clock, type Millis, SECOND } from "../clock.ts";
import { reasonOf, systemCode } from "../errors.ts";
import type { Logger } from "../log.ts";

/** What is watched, by absolute paths. */
export interface Watched {
  /** They need not be there. `text`: what was read of it; where that is not told, it counts as it is now. */
  readonly files: readonly { readonly path: string; readonly text?: string }[];
  /** Whose list of YAML files counts. */
  readonly directories: readonly string[];
}

export interface FileWatchOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Something is another than it was, and nothing has changed since for a moment. */
  readonly onChange: () => void;
}

/** An editor, a copy or a deployment writes several files, each in several steps. */
const QUIET: Millis = 500;
/** Where something changes all the time, it is not waited for longer. */
const LONGEST_WAIT: Millis = 5 * SECOND;
/** Where the system gives no notice, or not of everything (a file system over a network). */
const LOOK_EVERY: Millis = 30 * SECOND;
/** Without any notice. */
const LOOK_OFTEN: Millis = 3 * SECOND;

/**
 * The system's notices say when to look; what is there says whether something changed. So what an editor does beside the file, a
 * touch, and notices that get lost cost nothing.
 */
export class FileWatch {
  private readonly options: FileWatchOptions;
  private watched: Watched = { files: [], directories: [] };
  private watchers: FSWatcher[] = [];
  private isBlind = false;
  private known = new Map<string, Known>();
  private names = "";
  private firstNotice: Millis | undefined;
  /** Something is another, and that was not told yet. */
  private changedSince: Millis | undefined;
  private cancelLook = (): void => {};
  private looking: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(options: FileWatchOptions) {
    this.options = options;
  }

  /** From now on these. What became another since it was read is told soon. */
  async adopt(watched: Watched): Promise<void> {
    await this.looking;
    if (this.closed) return;
    this.watched = watched;
    this.deafen();
    this.isBlind = false;
    for (const directory of await directoriesOf(watched)) this.listen(directory);
    this.names = await namesIn(watched.directories);
    this.known = new Map();
    for (const { path, text } of watched.files) {
      const found = await lookAt(path, undefined);
      this.known.set(path, text === undefined ? found : { ...NEVER_SEEN, digest: digestOf(text) });
    }
    this.firstNotice = undefined;
    this.changedSince = undefined;
    // Notices that came before there was anybody to hear them.
    this.lookAt(this.options.clock.monotonic() + QUIET);
  }

  /** Nothing is watched any more. */
  async close(): Promise<void> {
    this.closed = true;
    this.cancelLook();
    this.deafen();
    await this.looking;
  }

  private deafen(): void {
    for (const watcher of this.watchers) watcher.close();
    this.watchers = [];
  }

  private listen(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, () => this.noticed());
      watcher.on("error", (error) => this.blind(directory, error));
      this.watchers.push(watcher);
    } catch (error) {
      // What is above it hears when it is made.
      const above = dirname(directory);
      if (systemCode(error) === "ENOENT" && above !== directory) this.listen(above);
      else this.blind(directory, error);
    }
  }

  private blind(directory: string, error: unknown): void {
    this.isBlind = true;
    this.options.log.debug({ directory, reason: reasonOf(error) }, "no notices of changes: looking now and then");
    if (!this.closed && this.firstNotice === undefined) this.lookAt(this.usualLook());
  }

  private noticed(): void {
    if (this.closed) return;
    const now = this.options.clock.monotonic();
    this.firstNotice ??= now;
    this.lookAt(Math.min(now + QUIET, this.firstNotice + LONGEST_WAIT));
  }

  private usualLook(): Millis {
    return this.options.clock.monotonic() + (this.isBlind ? LOOK_OFTEN : LOOK_EVERY);
  }

  private lookAt(time: Millis): void {
    this.cancelLook();
    if (this.closed) return;
    this.cancelLook = this.options.clock.at(time, () => {
      this.looking = this.look();
    });
  }

  /** Ends with the next look being due, whatever was found. What is another is told once it stays so from look to look. */
  private async look(): Promise<void> {
    this.firstNotice = undefined;
    const isNew = await this.takeNews();
    if (this.closed) return;
    const now = this.options.clock.monotonic();
    if (isNew) this.changedSince ??= now;
    const isOld = this.changedSince !== undefined && now - this.changedSince >= LONGEST_WAIT;
    const isTold = this.changedSince !== undefined && (!isNew || isOld);
    if (isTold) this.changedSince = undefined;
    // Unless somebody is still writing: the next look is due already.
    if (this.firstNotice === undefined) this.lookAt(isNew && !isTold ? now + QUIET : this.usualLook());
    if (isTold) this.options.onChange();
  }

  /** Whether anything is another than at the look before. */
  private async takeNews(): Promise<boolean> {
    const names = await namesIn(this.watched.directories);
    let isNew = names !== this.names;
    this.names = names;
    for (const { path } of this.watched.files) {
      const before = this.known.get(path);
      const now = await lookAt(path, before);
      this.known.set(path, now);
      isNew ||= now.digest !== before?.digest;
    }
    return isNew;
  }
}

/** What of a file tells that it may be another, and what it says. */
interface Known {
  readonly stamp: string;
  readonly digest: string;
}

const NEVER_SEEN = { stamp: "" };
const MISSING: Known = { stamp: "none", digest: "none" };

/** A file that was only touched, or written as it was, is the same. */
async function lookAt(path: string, before: Known | undefined): Promise<Known> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(path);
    const stamp = [mtimeMs, ctimeMs, size, ino].join(" ");
    return stamp === before?.stamp ? before : { stamp, digest: digestOf(await readFile(path)) };
  } catch (error) {
    // What cannot be read is as if it were not there, until it can.
    if (systemCode(error) === undefined) throw error;
    return MISSING;
  }
}

function digestOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

async function namesIn(directories: readonly string[]): Promise<string> {
  const lists = directories.map(async (directory) => {
    const names = await readdir(directory).catch(() => []);
    return names.filter((name) => /^[^.].*\.ya?ml$/.test(name)).sort();
  });
  return JSON.stringify(await Promise.all(lists));
}

/** Where a notice can come from: beside each file, and where a link to it leads. */
async function directoriesOf({ files, directories }: Watched): Promise<ReadonlySet<string>> {
  const real = await Promise.all(files.map(({ path }) => realpath(path).catch(() => path)));
  return new Set([...directories, ...[...files.map(({ path }) => path), ...real].map((path) => dirname(path))]);
}
