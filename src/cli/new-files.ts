import { rm, writeFile } from "node:fs/promises";
import { reasonOf, systemCode } from "../errors.ts";
import { FailureError } from "./command.ts";

export interface NewFile {
  readonly path: string;
  readonly text: string;
  /** Its owner alone may read it. */
  readonly secret: boolean;
}

const PRIVATE = 0o600;
const PUBLIC = 0o644;

/** Writes all of them or none. What is there already is never replaced: it may be the only copy of a key. */
export async function writeNewFiles(files: readonly NewFile[]): Promise<void> {
  const written: string[] = [];
  for (const { path, text, secret } of files) {
    try {
      await writeFile(path, text, { flag: "wx", mode: secret ? PRIVATE : PUBLIC });
      written.push(path);
    } catch (error) {
      const isThere = systemCode(error) === "EEXIST";
      // On a disk that is full, half of it may be there.
      const ours = isThere ? written : [...written, path];
      await Promise.all(ours.map((each) => rm(each, { force: true })));
      throw new FailureError(
        isThere ? `${path} is there already, and is not replaced` : `cannot write ${path}: ${reasonOf(error)}`,
        { code: "LG104", cause: error },
      );
    }
  }
}
