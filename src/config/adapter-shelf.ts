/** The protocols that there are. A gateway has need of few of them: each is loaded when a file names it. */
import type { AdapterModule } from "../adapter.ts";

export interface KnownAdapter {
  /** The words behind `type:` of a link that are its own. */
  readonly linkTypes: readonly string[];
  load(): Promise<AdapterModule>;
}

export class AdapterShelf {
  private readonly known: ReadonlyMap<string, KnownAdapter>;

  /** By the word behind `protocol:`. */
  constructor(known: Readonly<Record<string, KnownAdapter>>) {
    this.known = new Map(Object.entries(known));
  }

  /** Of some that are loaded. */
  static of(modules: readonly AdapterModule[]): AdapterShelf {
    return new AdapterShelf(
      Object.fromEntries(
        modules.map((adapter) => [
          adapter.name,
          { linkTypes: Object.keys(adapter.linkTypes), load: async () => adapter },
        ]),
      ),
    );
  }

  get names(): readonly string[] {
    return [...this.known.keys()];
  }

  get linkTypes(): readonly string[] {
    return [...this.known.values()].flatMap(({ linkTypes }) => linkTypes);
  }

  /** Undefined where there is no such protocol. */
  async named(name: string): Promise<AdapterModule | undefined> {
    return this.known.get(name)?.load();
  }

  /** Undefined where there is no such link. */
  async forLink(type: string): Promise<AdapterModule | undefined> {
    return [...this.known.values()].find(({ linkTypes }) => linkTypes.includes(type))?.load();
  }
}
