import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { TestContext } from "node:test";

/**
 * Whether a program that others wrote is installed. Where it is not, the test is skipped with a sentence how to get it;
 * in CI (the variable `CI` is set) that is a failure, so that no interop test disappears unseen.
 */
export function hasTool(t: TestContext, program: string, howToGetIt: string): boolean {
  return findTool(t, [program], howToGetIt) !== undefined;
}

/** The same for a program that has one of several names, or paths: the first that is installed. */
export function findTool(t: TestContext, programs: readonly string[], howToGetIt: string): string | undefined {
  const { PATH = "" } = process.env;
  const found = programs.find((program) =>
    isAbsolute(program)
      ? isExecutable(program)
      : PATH.split(delimiter).some((folder) => isExecutable(join(folder, program))),
  );
  if (found !== undefined) return found;
  skipFor(t, `${programs.join(" or ")} is not installed: ${howToGetIt}`);
  return undefined;
}

/** The same for what else is missing: the test is skipped with that message, and in CI it fails. */
export function skipFor(t: TestContext, message: string): void {
  const { CI = "" } = process.env;
  if (CI !== "") throw new Error(message);
  t.skip(message);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
