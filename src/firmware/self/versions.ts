/** The folder of versions: which there are, which is current, and what is kept of them. */
import type { KeyObject } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { reasonOf, systemCode } from "../../errors.ts";
import { linkDurably, removeDurably, writeDurably } from "./durable.ts";
import { type ArtefactHead, FOLDER_NAME, openHead } from "./head.ts";
import { ArtefactError, HEAD_FILE } from "./manifest.ts";
import { PACKAGED, parseRecord, type VersionRecord } from "./record.ts";
import { faultOfTree } from "./tree.ts";

/** In the state directory of the service. */
export const VERSIONS = "versions";

export class Versions {
  readonly directory: string;
  private readonly keys: readonly KeyObject[];

  constructor(directory: string, keys: readonly KeyObject[]) {
    this.directory = directory;
    this.keys = keys;
  }

  /** The folders, whatever is in them. */
  list(): readonly string[] {
    return namesIn(this.directory).filter((name) => FOLDER_NAME.test(name));
  }

  /** PACKAGED where no other was made current. */
  current(): string {
    try {
      const target = readlinkSync(join(this.directory, "current"));
      return FOLDER_NAME.test(target) ? target : PACKAGED;
    } catch {
      return PACKAGED;
    }
  }

  /** From the next start on. */
  point(version: string): void {
    const link = join(this.directory, "current");
    if (version === PACKAGED) removeDurably(link);
    else linkDurably(link, version);
  }

  folder(version: string): string {
    return join(this.directory, version);
  }

  /** Undefined: there is none, or it is damaged. */
  record(): VersionRecord | undefined {
    const text = textOf(join(this.directory, "record.json"));
    return text === undefined ? undefined : parseRecord(text);
  }

  keep(record: VersionRecord): void {
    writeDurably(join(this.directory, "record.json"), `${JSON.stringify(record, null, 2)}\n`);
  }

  /** The version on trial that says it has registered. */
  registered(): string | undefined {
    return textOf(join(this.directory, "registered"))?.trim();
  }

  sayRegistered(version: string): void {
    writeDurably(join(this.directory, "registered"), `${version}\n`);
  }

  forgetRegistered(): void {
    removeDurably(join(this.directory, "registered"));
  }

  /** Where the databases of before a trial are, and those that were set aside when it was taken back. */
  get copies(): string {
    return join(this.directory, "before");
  }

  get aside(): string {
    return join(this.directory, "aside");
  }

  /** The head of a version that is here, its signature checked. Throws ArtefactError. */
  head(version: string): ArtefactHead {
    try {
      return openHead(readFileSync(join(this.folder(version), HEAD_FILE)), this.keys);
    } catch (error) {
      if (error instanceof ArtefactError) throw error;
      throw new ArtefactError("damaged", `it cannot be read: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** Why it cannot run: each file must be as it was signed, and there must be no other. Undefined: it can. */
  fault(version: string): string | undefined {
    try {
      const { manifest, folder } = this.head(version);
      if (folder !== version) return `${version} holds another version: ${folder}`;
      return faultOfTree(this.folder(version), manifest.files);
    } catch (error) {
      if (error instanceof ArtefactError || systemCode(error) !== undefined) return reasonOf(error);
      throw error;
    }
  }

  /** All but these, and what unpackings left behind. */
  prune(wanted: readonly string[]): void {
    for (const name of this.list()) if (!wanted.includes(name)) removeDurably(this.folder(name));
    this.sweep();
  }

  /** One that this process fills: it gets its name once all of it is on the disk. */
  arriving(version: string): string {
    return join(this.directory, `${ARRIVING}${process.pid}-${version}`);
  }

  /** What a process that was killed was about to unpack. Whoever still unpacks is left alone. */
  sweep(): void {
    for (const name of namesIn(this.directory)) {
      if (name.startsWith(ARRIVING) && !othersFill(name)) removeDurably(join(this.directory, name));
    }
  }
}

/** A folder that is being filled begins like this; then comes who fills it. */
const ARRIVING = "arriving-";

function othersFill(name: string): boolean {
  const id = Number(name.slice(ARRIVING.length).split("-")[0]);
  if (!Number.isSafeInteger(id) || id <= 0 || id === process.pid) return false;
  try {
    return process.kill(id, 0);
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
