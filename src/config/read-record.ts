/** Which files a load of the configuration looks at, whoever of it reads them; and other texts in their place, to try them. */
import { AsyncLocalStorage } from "node:async_hooks";
import { dirname, resolve } from "node:path";

/** A file that was looked for. */
export interface FileRead {
  /** Absolute. */
  readonly path: string;
  /** Absent where there is none, where it cannot be read, and of a secret. */
  readonly text?: string;
  /** A key, a certificate, or what has passwords in it: what it says is not recorded. */
  readonly secret: boolean;
}

/** Texts that are read in place of the files, by absolute paths; undefined: as if there were no such file. */
export type InPlace = ReadonlyMap<string, string | undefined>;

const current = new AsyncLocalStorage<ReadRecord>();

/** The load that this code is a part of; undefined: nobody records it. */
export function currentRecord(): ReadRecord | undefined {
  return current.getStore();
}

export class ReadRecord {
  private readonly inPlace: InPlace;
  private readonly read = new Map<string, FileRead>();
  private readonly listed = new Set<string>();

  constructor(inPlace: InPlace = new Map()) {
    this.inPlace = inPlace;
  }

  /** Everything that is read while this runs is recorded here, also where it is rejected. */
  during<T>(load: () => Promise<T>): Promise<T> {
    return current.run(this, load);
  }

  /** In the order in which they were read first. */
  get files(): readonly FileRead[] {
    return [...this.read.values()];
  }

  /** Those whose files were listed. */
  get directories(): readonly string[] {
    return [...this.listed];
  }

  /** What stands in place of the file: its text, `undefined` for none; nothing where the file itself is read. */
  instead(file: string): { readonly text: string | undefined } | undefined {
    const path = resolve(file);
    return this.inPlace.has(path) ? { text: this.inPlace.get(path) } : undefined;
  }

  note(file: string, text: string | undefined): void {
    const path = resolve(file);
    this.read.set(path, { path, ...(text === undefined ? {} : { text }), secret: false });
  }

  noteSecret(file: string): void {
    const path = resolve(file);
    this.read.set(path, { path, secret: true });
  }

  /** The names that a directory has with what stands in place. */
  names(directory: string, found: readonly string[]): readonly string[] {
    const path = resolve(directory);
    this.listed.add(path);
    const names = new Set(found);
    for (const [file, text] of this.inPlace) {
      if (dirname(file) !== path) continue;
      const name = file.slice(path.length).replace(/^\//, "");
      if (text === undefined) names.delete(name);
      else names.add(name);
    }
    return [...names];
  }
}
