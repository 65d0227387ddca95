/** Paths as somebody types them: "meter-1/3303/0/5700" is one, too. */
import { Lwm2mError } from "../errors.ts";
import { typedPath } from "../gateway/operator/operator.ts";
import type { Path } from "../lwm2m/path.ts";
import { UsageError } from "./command.ts";

/** Throws UsageError. */
export function pathArgument(text: string): Path {
  try {
    return typedPath(text.startsWith("/") ? text : `/${text}`);
  } catch (error) {
    if (!(error instanceof Lwm2mError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

/** At least one. Throws UsageError. */
export function pathArguments(texts: readonly string[]): readonly Path[] {
  if (texts.length === 0) throw new UsageError("which path? expected at least one PATH, such as /meter-1/3303/0/5700");
  return texts.map(pathArgument);
}

/** "/v1/read?path=%2Fmeter-1" */
export function routeOf(route: string, paths: readonly Path[]): string {
  return `${route}?${new URLSearchParams(paths.map((path): [string, string] => ["path", path]))}`;
}
