/** What goes wrong behind a layout, told of the paths that its server knows. */
import { Lwm2mError, spoken } from "../errors.ts";
import { type Path, parsePath } from "./path.ts";
import type { Commit, Reception } from "./tree.ts";

export class Retelling {
  private readonly as: (own: string) => string;

  /** `shown`: what a path is called here. */
  constructor(shown: (own: Path) => Path) {
    this.as = (own) => shown(parsePath(own));
  }

  error(error: Lwm2mError): Lwm2mError {
    const { words } = error;
    if (typeof words === "string") return error;
    return new Lwm2mError(error.code, (as) => spoken(words, (path) => as(this.as(path))), { cause: error });
  }

  of<T>(check: () => T): T {
    try {
      return check();
    } catch (error) {
      throw this.thrown(error);
    }
  }

  async done(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw this.thrown(error);
    }
  }

  reception(inner: Reception): Reception {
    return {
      take: (bytes, last) => this.done(() => inner.take(bytes, last)),
      abandon: () => inner.abandon(),
    };
  }

  /** What is refused at once, and what in the middle. */
  commit(prepare: () => Commit): Commit {
    const commit = this.of(prepare);
    return () => this.done(commit);
  }

  /** A bug stays what it is. */
  private thrown(error: unknown): unknown {
    return error instanceof Lwm2mError ? this.error(error) : error;
  }
}
