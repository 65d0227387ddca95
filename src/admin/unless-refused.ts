import { AdminRefusal } from "./errors.ts";

/** The answer, unless the wish was refused. Throws AdminRefusal. */
export function unlessRefused<T extends object>(answer: T | { readonly refused: string }): T {
  if ("refused" in answer) throw new AdminRefusal(answer.refused);
  return answer;
}
