import { reasonOf, systemCode } from "../errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ECONNREFUSED: "nobody listens",
  EACCES: "permission denied",
  ENOTDIR: "a part of the path is no directory",
  EADDRINUSE: "another process has it",
};

/** Why a socket cannot be had, in words. */
export function sentenceOf(error: unknown): string {
  return REASONS[systemCode(error) ?? ""] ?? reasonOf(error);
}
