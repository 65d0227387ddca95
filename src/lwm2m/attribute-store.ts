/** What one server has attached to paths, and what counts where: Core 1.2 §6.4.2, §6.3.2 (Discover). */
import { SparseMap } from "../sparse-map.ts";
import {
  type AttributeChanges,
  type Attributes,
  type AttributeTarget,
  applyChanges,
  attributeEntries,
  checkAttributes,
  parseAttributes,
} from "./attributes.ts";
import { isWithin, type Path, parentPath, parsePath, pathDepth } from "./path.ts";

/** Where an observation gets its attributes. */
export interface AttributeSource {
  /** What counts at a path: attached here or above within the prefix, else the defaults. */
  effective(path: Path): Attributes;
  /** What the Server object says where nothing else does. */
  defaults(): Attributes;
  /** Seconds below which no pmin counts, whoever asked for it, but for what watches a limit; absent: there is none. */
  floor?(): number;
}

/** The attributes of one server. They outlive a registration; nothing of one server is seen by another. */
export class AttributeStore implements AttributeSource {
  private readonly attached = new SparseMap<Path, Attributes>();
  private readonly readDefaults: () => Attributes;
  private readonly onChange: () => void;

  /**
   * `defaults` gives pmin of /1/x/2, pmax of /1/x/3 and con of /1/x/26, each only where it is there; it is asked each time.
   * `onChange`: what `serialize` gives is another text now.
   */
  constructor(defaults: () => Attributes, onChange: () => void = () => {}) {
    this.readDefaults = defaults;
    this.onChange = onChange;
  }

  /** Write-Attributes: all of the changes or none. Throws Lwm2mError. */
  set(path: Path, changes: AttributeChanges, target: AttributeTarget): void {
    target.check(path, "report");
    const attributes = applyChanges(this.attached.get(path) ?? {}, changes);
    checkAttributes(attributes, path, target.typeOf);
    if (attributeEntries(attributes).length === 0) this.attached.delete(path);
    else this.attached.set(path, attributes);
    this.onChange();
  }

  effective(path: Path): Attributes {
    return { ...this.readDefaults(), ...this.inherited(path) };
  }

  defaults(): Attributes {
    return this.readDefaults();
  }

  /**
   * What a Discover of `target` shows on the link of `path`: what is attached there; on the target's own link also what it
   * inherits. The defaults of the Server object are attached nowhere, so they are not shown.
   */
  forDiscover(path: Path, target: Path): Attributes {
    return path === target ? this.inherited(path) : (this.attached.get(path) ?? {});
  }

  /** Forgets what is attached to the path and below: it does not exist any more. */
  remove(path: Path): void {
    const gone = [...this.attached.keys()].filter((other) => isWithin(other, path));
    for (const other of gone) this.attached.delete(other);
    if (gone.length > 0) this.onChange();
  }

  /** Takes over what is attached to the paths of another store, at those where it stands here. */
  follow(other: AttributeStore, pathsOf: (path: Path) => readonly Path[]): void {
    for (const [path, attributes] of other.attached)
      for (const here of pathsOf(path)) this.attached.set(here, attributes);
    this.onChange();
  }

  get empty(): boolean {
    return this.attached.size === 0;
  }

  /** One text that `restore` reads. */
  serialize(): string {
    return JSON.stringify(
      [...this.attached].map(([path, attributes]) => [path, ...attributeEntries(attributes).map((e) => e.join("="))]),
    );
  }

  /** Takes over what `serialize` wrote, of the paths that are there. Throws SyntaxError, RangeError or Lwm2mError where the text is something else. */
  restore(text: string, isThere: (path: Path) => boolean = () => true): void {
    const entries: unknown = JSON.parse(text);
    if (!Array.isArray(entries)) throw new RangeError("stored attributes are no list");
    const restored = entries.map((entry: unknown): [Path, Attributes] => {
      if (!Array.isArray(entry) || !entry.every((part) => typeof part === "string")) {
        throw new RangeError("an entry of the stored attributes is no list of texts");
      }
      const [path = "", ...attributes] = entry;
      return [parsePath(path), applyChanges({}, parseAttributes(attributes))];
    });
    for (const [path, attributes] of restored) if (isThere(path)) this.attached.set(path, attributes);
  }

  /** The lowest level that has an attribute counts; levels end at the object, so that no prefix sees another's. */
  private inherited(path: Path): Attributes {
    const levels: Attributes[] = [];
    for (let at: Path | undefined = path; at !== undefined && pathDepth(at) > 0; at = parentPath(at)) {
      const attributes = this.attached.get(at);
      if (attributes !== undefined) levels.unshift(attributes);
    }
    return Object.assign({}, ...levels);
  }
}
