import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestContext } from "node:test";

/**
 * Whether a program that others wrote is installed. Where it is not, the test is skipped with a sentence how to get it;
 * in CI (the variable `CI` is set) that is a failure, so that no interop test disappears unseen.
 */
export function hasTool(t: TestContext, program: string, howToGetIt: string): boolean {
  const { CI = "", PATH = "" } = process.env;
  const found = PATH.split(delimiter).some((folder) => isExecutable(join(folder, program)));
  if (found) return true;
  const message = `${program} is not installed: ${howToGetIt}`;
  if (CI !== "") throw new Error(message);
  t.skip(message);
  return false;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
