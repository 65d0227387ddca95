/**
 * Addresses of hosts by their names. The system's resolver works in the four threads that Node has for files and names
 * together: a few dead names, each asked again and again and each waiting ten seconds for a name server that is away, would
 * take them all, and nobody could read a file any more. So few are looked up at a time, and each name once.
 */
import { type LookupAddress, lookup } from "node:dns";
import type { LookupFunction } from "node:net";

/** Looks a name up; rejects where it has no address. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

/** A lookup that runs, waits for its turn, or has ended while nobody waited for it. */
interface Lookup {
  readonly found: Promise<readonly LookupAddress[]>;
  wanted: number;
  ended: boolean;
}

export class HostNames {
  private readonly resolve: Resolve;
  private free: number;
  private readonly lookups = new Map<string, Lookup>();
  private readonly waiting: (() => void)[] = [];

  /** `atOnce`: how many lookups may run at the same time. */
  constructor(resolve: Resolve, atOnce: number) {
    this.resolve = resolve;
    this.free = atOnce;
  }

  /**
   * The addresses of a name. Whoever gives up leaves what comes to the next who asks: a name that takes longer than an
   * attempt to connect would otherwise never be found.
   */
  async find(name: string, signal: AbortSignal): Promise<readonly LookupAddress[]> {
    const lookup = this.lookups.get(name) ?? this.begin(name);
    lookup.wanted++;
    const leave = (): number => lookup.wanted--;
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await lookup.found;
    } finally {
      signal.removeEventListener("abort", leave);
      if (lookup.ended && !signal.aborted) this.lookups.delete(name);
    }
  }

  private begin(name: string): Lookup {
    const lookup: Lookup = { found: this.inTurn(name), wanted: 0, ended: false };
    this.lookups.set(name, lookup);
    const end = (keep: boolean): void => {
      lookup.ended = true;
      if (!keep) this.lookups.delete(name);
    };
    lookup.found.then(
      () => end(lookup.wanted === 0),
      () => end(false),
    );
    return lookup;
  }

  private async inTurn(name: string): Promise<readonly LookupAddress[]> {
    if (this.free === 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.free--;
    try {
      return await this.resolve(name);
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free++;
      else next();
    }
  }
}

/** Half of the threads, for all links of the process together. */
const AT_ONCE = 2;
const hostNames = new HostNames(
  (name) =>
    new Promise((resolve, reject) => {
      lookup(name, { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error)));
    }),
  AT_ONCE,
);

/** What `net.connect` asks for the address of its host, where that is a name. */
export function lookupUntil(signal: AbortSignal): LookupFunction {
  return (name, { all }, callback) => {
    hostNames.find(name, signal).then(
      (addresses) => {
        const [first] = addresses;
        if (all === true) callback(null, [...addresses]);
        else callback(null, first?.address ?? "", first?.family);
      },
      (error) => callback(error, ""),
    );
  };
}
