/** Of what stands under a prefix the objects that a registration shows, by their own paths: for what is reported unasked. */
import type { Path } from "../../lwm2m/path.ts";
import type { PathValue } from "../../lwm2m/sample.ts";
import type { Act, Backing, Commit, ReadOutcome, TreeModel } from "../../lwm2m/tree.ts";

export class ShownPart implements Backing {
  readonly prefix: string;
  private readonly inner: Backing;
  private readonly shown: () => TreeModel;

  /** `shown`: the part of the inner model. */
  constructor(inner: Backing, shown: () => TreeModel) {
    this.prefix = inner.prefix;
    this.inner = inner;
    this.shown = shown;
  }

  get model(): TreeModel {
    return this.shown();
  }

  read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    return this.inner.read(resources);
  }

  prepareWrite(values: readonly PathValue[]): Commit {
    return this.inner.prepareWrite(values);
  }

  execute(resource: Path, args: string): Promise<void> {
    return this.inner.execute(resource, args);
  }

  permit(path: Path, act: Act): void {
    this.inner.permit?.(path, act);
  }

  absence(paths: readonly Path[]): string | undefined {
    return this.inner.absence?.(paths);
  }
}
