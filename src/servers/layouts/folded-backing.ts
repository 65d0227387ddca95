/** Layout `instances`: what the gateway and all devices can do, as one backing without prefix. */
import type { UnixMillis } from "../../clock.ts";
import { Lwm2mError } from "../../errors.ts";
import { makePath, type Path, pathParts } from "../../lwm2m/path.ts";
import { notFound } from "../../lwm2m/refusals.ts";
import { Retelling } from "../../lwm2m/retelling.ts";
import type { PathValue, Sample } from "../../lwm2m/sample.ts";
import type { Act, Backing, Commit, Editing, ReadOutcome, Reception, TreeModel } from "../../lwm2m/tree.ts";
import { committed, type Share, sideBySide } from "../composite.ts";
import type { FoldedPaths } from "./folded-paths.ts";
import type { Fold, FoldedDevice } from "./folding.ts";

export interface FoldedParts {
  readonly fold: Fold;
  readonly paths: FoldedPaths;
  /** Whether, and by which code, the gateway says that something behind it is away: /3/0/11. */
  readonly errorCode: () => number | undefined;
  readonly now: () => UnixMillis;
}

/** Whose share of a request it is: a device's, or the gateway's own. */
type Target = Pick<FoldedDevice, "prefix" | "tree">;

/** Error Code of the gateway (Core 1.2, Device object). */
const ERROR_CODE = makePath({ prefix: "", object: 3, instance: 0, resource: 11 });

export class FoldedBacking implements Backing {
  readonly prefix = "";
  readonly editing?: Editing;
  private readonly parts: FoldedParts;
  private readonly own: Target;
  private readonly retelling: Retelling;
  private gatewayModel: TreeModel | undefined;
  private merged: TreeModel = new Map();

  constructor(parts: FoldedParts) {
    const { gateway: tree } = parts.fold;
    this.parts = parts;
    this.own = { prefix: "", tree };
    this.retelling = new Retelling((own) => parts.paths.shown(own) ?? own);
    if (tree.backing.editing !== undefined) this.editing = tree.backing.editing;
  }

  /** The same one for as long as the gateway's own is. */
  get model(): TreeModel {
    const { model } = this.own.tree.backing;
    if (model !== this.gatewayModel) {
      this.gatewayModel = model;
      this.merged = new Map([...model, ...this.parts.fold.objects]);
    }
    return this.merged;
  }

  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    const shares = this.shares(resources, (path) => path);
    const [only, other] = shares;
    // Nearly all requests are of one device.
    if (only !== undefined && other === undefined && only[1].length === resources.length) {
      return this.readAt(only[0], resources);
    }
    const outcomes = new Map<number, ReadOutcome>();
    const reads = [...shares].map(([target, positions]) => async () => {
      const answers = await this.readAt(
        target,
        positions.flatMap((at) => resources[at] ?? []),
      );
      for (const [i, at] of positions.entries()) outcomes.set(at, answers[i] ?? []);
    });
    await sideBySide(reads);
    return resources.map((path, at) => outcomes.get(at) ?? notFound(path));
  }

  prepareWrite(values: readonly PathValue[]): Commit {
    const lost = values.find(({ path }) => this.targetOf(path) === undefined);
    if (lost !== undefined) throw notFound(lost.path);
    const shares = [...this.shares(values, ({ path }) => path)].map(([target, positions]): Share => {
      const own = positions
        .flatMap((at) => values[at] ?? [])
        .map(({ path, value }) => ({ path: this.ownPath(path), value }));
      return { prefix: target.prefix, commit: this.retelling.commit(() => target.tree.backing.prepareWrite(own)) };
    });
    return () => committed(shares);
  }

  async execute(resource: Path, args: string): Promise<void> {
    const target = this.targetOf(resource);
    if (target === undefined) throw notFound(resource);
    await this.retelling.done(() => target.tree.backing.execute(this.ownPath(resource), args));
  }

  receive(resource: Path, size?: number): Reception | undefined {
    const target = this.targetOf(resource);
    if (target === undefined) throw notFound(resource);
    const reception = this.retelling.of(() => target.tree.backing.receive?.(this.ownPath(resource), size));
    return reception === undefined ? undefined : this.retelling.reception(reception);
  }

  permit(path: Path, act: Act): void {
    const target = this.targetOf(path);
    this.retelling.of(() => target?.tree.backing.permit?.(this.ownPath(path), act));
  }

  /** Whoever is concerned must be there: the others are not asked to begin. */
  absence(paths: readonly Path[]): string | undefined {
    for (const [{ tree }, positions] of this.shares(paths, (path) => path)) {
      const own = positions.flatMap((at) => paths[at] ?? []).map((path) => this.ownPath(path));
      const absence = tree.backing.absence?.(own);
      if (absence !== undefined) return absence;
    }
    return undefined;
  }

  private readAt(target: Target, wanted: readonly Path[]): Promise<readonly ReadOutcome[]> {
    return target === this.own ? this.readOwn(wanted) : this.readDevice(target, wanted);
  }

  private async readOwn(wanted: readonly Path[]): Promise<readonly ReadOutcome[]> {
    const outcomes = await this.own.tree.backing.read(wanted);
    return outcomes.map((outcome, i) => (wanted[i] === ERROR_CODE ? this.withErrorCode(outcome) : outcome));
  }

  private withErrorCode(outcome: ReadOutcome): ReadOutcome {
    const value = this.parts.errorCode();
    if (value === undefined || outcome instanceof Lwm2mError) return outcome;
    return outcome.map((sample) => ({ ...sample, value }));
  }

  /** What the gateway adds is told where the device itself tells anything, or nothing else is asked for. */
  private async readDevice({ tree }: Target, wanted: readonly Path[]): Promise<readonly ReadOutcome[]> {
    const added = wanted.map((path) => this.deviceNamed(path));
    const asked = wanted.filter((_, i) => added[i] === undefined);
    const answers = asked.length === 0 ? [] : await tree.backing.read(asked.map((path) => this.ownPath(path)));
    const outcomes = answers.map((answer) => this.shownOutcome(answer));
    const [first] = outcomes;
    const failure = outcomes.every((outcome) => outcome instanceof Lwm2mError) ? first : undefined;
    const rest = outcomes.values();
    return added.map(
      (sample): ReadOutcome => (sample === undefined ? (rest.next().value ?? []) : (failure ?? [sample])),
    );
  }

  private deviceNamed(path: Path): Sample | undefined {
    const value = this.parts.paths.deviceNamedAt(path);
    return value === undefined ? undefined : { path, value, time: this.parts.now() };
  }

  private shownOutcome(outcome: ReadOutcome): ReadOutcome {
    const { paths } = this.parts;
    if (outcome instanceof Lwm2mError) return this.retelling.error(outcome);
    return outcome.flatMap((sample) => {
      const path = paths.shown(sample.path);
      return path === undefined ? [] : [{ ...sample, path }];
    });
  }

  /** Which share of it is whose, by positions. */
  private shares<T>(items: readonly T[], pathOf: (item: T) => Path): ReadonlyMap<Target, readonly number[]> {
    const shares = new Map<Target, number[]>();
    for (const [position, item] of items.entries()) {
      const target = this.targetOf(pathOf(item));
      if (target === undefined) continue;
      const positions = shares.get(target);
      if (positions === undefined) shares.set(target, [position]);
      else positions.push(position);
    }
    return shares;
  }

  private targetOf(path: Path): Target | undefined {
    const { object = -1 } = pathParts(path);
    return this.own.tree.backing.model.has(object) ? this.own : this.parts.paths.at(path)?.device;
  }

  private ownPath(shown: Path): Path {
    const own = this.parts.paths.own(shown);
    if (own === undefined) throw notFound(shown);
    return own;
  }
}
