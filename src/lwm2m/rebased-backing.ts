/** What lies under a prefix, as if it had none: a device as a client of its own, whose objects are at its root. */
import { Lwm2mError } from "../errors.ts";
import { type Path, underPrefix, withoutPrefix } from "./path.ts";
import { Retelling } from "./retelling.ts";
import type { PathValue, Sample } from "./sample.ts";
import type { Act, Backing, Commit, Edit, Editing, ReadOutcome, Reception, TreeModel } from "./tree.ts";

const RETELLING = new Retelling(withoutPrefix);

export class RebasedBacking implements Backing {
  readonly prefix = "";
  readonly editing?: Editing;
  private readonly inner: Backing;

  /** `inner` has a prefix. */
  constructor(inner: Backing) {
    this.inner = inner;
    if (inner.editing !== undefined) this.editing = rebasedEditing(inner.editing, inner.prefix);
  }

  /** Models know no paths: it is the same one. */
  get model(): TreeModel {
    return this.inner.model;
  }

  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    const { prefix } = this.inner;
    const outcomes = await this.inner.read(resources.map((path) => underPrefix(path, prefix)));
    return outcomes.map((outcome) =>
      outcome instanceof Lwm2mError ? RETELLING.error(outcome) : outcome.map(rebasedSample),
    );
  }

  prepareWrite(values: readonly PathValue[]): Commit {
    const { prefix } = this.inner;
    const own = values.map(({ path, value }) => ({ path: underPrefix(path, prefix), value }));
    return RETELLING.commit(() => this.inner.prepareWrite(own));
  }

  async execute(resource: Path, args: string): Promise<void> {
    await RETELLING.done(() => this.inner.execute(underPrefix(resource, this.inner.prefix), args));
  }

  receive(resource: Path, size?: number): Reception | undefined {
    const own = underPrefix(resource, this.inner.prefix);
    const reception = RETELLING.of(() => this.inner.receive?.(own, size));
    return reception === undefined ? undefined : RETELLING.reception(reception);
  }

  permit(path: Path, act: Act): void {
    RETELLING.of(() => this.inner.permit?.(underPrefix(path, this.inner.prefix), act));
  }

  absence(paths: readonly Path[]): string | undefined {
    return this.inner.absence?.(paths.map((path) => underPrefix(path, this.inner.prefix)));
  }
}

export function rebasedSample({ path, ...sample }: Sample): Sample {
  return { ...sample, path: withoutPrefix(path) };
}

function rebasedEditing(editing: Editing, prefix: string): Editing {
  const { objects, fixed, certain } = editing;
  return {
    objects,
    ...(fixed === undefined ? {} : { fixed }),
    ...(certain === undefined ? {} : { certain }),
    freeInstance: (object) => RETELLING.of(() => editing.freeInstance(object)),
    prepare: (edits) => RETELLING.commit(() => editing.prepare(edits.map((edit) => rebasedEdit(edit, prefix)))),
  };
}

function rebasedEdit(edit: Edit, prefix: string): Edit {
  return { ...edit, path: underPrefix(edit.path, prefix) };
}
