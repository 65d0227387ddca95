/** What lies under a prefix, as if it had none: a device as a client of its own, whose objects are at its root. */
import { Lwm2mError } from "../errors.ts";
import { type Path, underPrefix, withoutPrefix } from "./path.ts";
import type { PathValue, Sample } from "./sample.ts";
import type { Act, Backing, Commit, Edit, Editing, ReadOutcome, TreeModel } from "./tree.ts";

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
      outcome instanceof Lwm2mError ? withoutItsPrefix(outcome, prefix) : outcome.map(rebasedSample),
    );
  }

  prepareWrite(values: readonly PathValue[]): Commit {
    const { prefix } = this.inner;
    return rebasedCommit(
      () => this.inner.prepareWrite(values.map(({ path, value }) => ({ path: underPrefix(path, prefix), value }))),
      prefix,
    );
  }

  async execute(resource: Path, args: string): Promise<void> {
    const { prefix } = this.inner;
    await told(() => this.inner.execute(underPrefix(resource, prefix), args), prefix);
  }

  permit(path: Path, act: Act): void {
    const { prefix } = this.inner;
    refused(() => this.inner.permit?.(underPrefix(path, prefix), act), prefix);
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
    freeInstance: (object) => editing.freeInstance(object),
    prepare: (edits) => rebasedCommit(() => editing.prepare(edits.map((edit) => rebasedEdit(edit, prefix))), prefix),
  };
}

function rebasedEdit(edit: Edit, prefix: string): Edit {
  return { ...edit, path: underPrefix(edit.path, prefix) };
}

/** What is refused, at once or in the middle, is told of the paths that the server has asked for. */
function rebasedCommit(prepare: () => Commit, prefix: string): Commit {
  const commit = refused(prepare, prefix);
  return () => told(commit, prefix);
}

function refused<T>(check: () => T, prefix: string): T {
  try {
    return check();
  } catch (error) {
    throw error instanceof Lwm2mError ? withoutItsPrefix(error, prefix) : error;
  }
}

async function told(work: () => Promise<void>, prefix: string): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof Lwm2mError ? withoutItsPrefix(error, prefix) : error;
  }
}

function withoutItsPrefix(error: Lwm2mError, prefix: string): Lwm2mError {
  const message = error.message.replaceAll(`/${prefix}/`, "/");
  return message === error.message ? error : new Lwm2mError(error.code, message, { cause: error });
}
