/** What is wrong with a point of a mapping, at the key to blame. */
import { z } from "zod";

/** A sentence for the user, and the key to blame. */
export class PointProblem extends Error {
  readonly path: readonly string[];

  constructor(path: readonly string[], message: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

/** For a transform: a PointProblem becomes an issue of the schema. */
export function reported<T>(context: z.core.$RefinementCtx, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof PointProblem)) throw error;
    context.addIssue({ code: "custom", path: [...error.path], message: error.message });
    return z.NEVER;
  }
}
