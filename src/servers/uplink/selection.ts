/**
 * Which entry of `via:` a server is reached by: the first that is up and works. One that fails is left at once; an earlier one
 * is gone back to only after it has been up for the hold-down, so that a line that comes and goes moves nobody to and fro.
 */
import { HOUR, type Millis } from "../../clock.ts";
import { formatDuration } from "../../duration.ts";
import { type IpFamily, type LocalAddress, leadsAway } from "./local-addresses.ts";

/** What is left by. */
export interface Uplink {
  /** As `via:` has it. */
  readonly name: string;
  readonly address: string;
  readonly family: IpFamily;
}

export interface SelectionOptions {
  /** Interfaces or addresses, the most wanted first. */
  readonly via: readonly string[];
  readonly holdDown: Millis;
}

interface Entry {
  readonly name: string;
  addresses: readonly LocalAddress[];
  /** Since when it has an address that can be used. */
  upSince: Millis | undefined;
  /** When the server did not answer through it, and how often in a row. */
  failedAt: Millis | undefined;
  failures: number;
}

/** What became of it, where something did. */
export type Move = { readonly to: Uplink | undefined; readonly reason: string };

/** One that fails again and again is tried less often, but once in so long. */
const LONGEST_REST: Millis = HOUR;
const BOTH: readonly IpFamily[] = [4, 6];

export class UplinkSelection {
  private readonly entries: readonly Entry[];
  private readonly holdDown: Millis;
  /** Those of the server. */
  private families: readonly IpFamily[] = BOTH;
  private at: Entry | undefined;
  /** As it was told last. */
  private told: Uplink | undefined;

  constructor({ via, holdDown }: SelectionOptions) {
    this.holdDown = holdDown;
    this.entries = via.map((name) => ({ name, addresses: [], upSince: undefined, failedAt: undefined, failures: 0 }));
  }

  /** By which the server is reached now; undefined: none is up. */
  get current(): Uplink | undefined {
    return this.told;
  }

  /** Whether there is another one that is up. */
  get hasOther(): boolean {
    return this.entries.some((entry) => entry !== this.at && this.usable(entry) !== undefined);
  }

  /** Whether the server has answered through none of those that are up. */
  get allFailed(): boolean {
    return this.entries.every((entry) => entry.failedAt !== undefined || this.usable(entry) === undefined);
  }

  /** Takes what the machine has now. */
  look(addresses: readonly LocalAddress[], now: Millis): Move | undefined {
    const good = addresses.filter(leadsAway);
    for (const entry of this.entries) {
      entry.addresses = good.filter(({ name, address }) => entry.name === name || entry.name === address);
    }
    return this.decide(now);
  }

  /** The server has addresses of these families, the most wanted first. */
  serve(families: readonly IpFamily[], now: Millis): Move | undefined {
    this.families = families;
    return this.decide(now);
  }

  heard(): void {
    const { at } = this;
    if (at === undefined) return;
    at.failedAt = undefined;
    at.failures = 0;
  }

  /** The server does not answer through the one that is in use. */
  unanswered(now: Millis): Move | undefined {
    const { at } = this;
    if (at === undefined) return undefined;
    this.fail(at, now);
    const next = this.best(now, at);
    return next === undefined ? undefined : this.move(next, `the server does not answer through ${at.name}`);
  }

  /** An earlier one that may be tried again: it has been up for the hold-down. */
  candidate(now: Millis): Uplink | undefined {
    const entry = this.earlier().find(
      ({ upSince = now, failedAt, failures }) =>
        now - upSince >= this.holdDown &&
        (failedAt === undefined || now - failedAt >= Math.min(this.holdDown * 2 ** (failures - 1), this.longestRest)),
    );
    return entry === undefined ? undefined : this.usable(entry);
  }

  /** What became of a candidate that was tried. */
  tried({ name }: Uplink, answers: boolean, now: Millis): Move | undefined {
    const entry = this.earlier().find((known) => known.name === name);
    if (entry === undefined) return undefined;
    if (answers)
      return this.move(entry, `${name} is up for ${formatDuration(this.holdDown)}, and the server answers there`);
    this.fail(entry, now);
    return undefined;
  }

  /** Where nobody can tell from here whether the server answers there: it is found out by going. */
  goBack({ name }: Uplink): Move | undefined {
    const entry = this.earlier().find((known) => known.name === name);
    if (entry === undefined) return undefined;
    return this.move(entry, `${name} is up for ${formatDuration(this.holdDown)}, and is tried again`);
  }

  private get longestRest(): Millis {
    return Math.max(this.holdDown, LONGEST_REST);
  }

  private decide(now: Millis): Move | undefined {
    for (const entry of this.entries) {
      const isUp = this.usable(entry) !== undefined;
      if (!isUp) entry.upSince = undefined;
      else entry.upSince ??= now;
    }
    const { at } = this;
    if (at !== undefined && this.usable(at) !== undefined) return this.move(at, `${at.name} has another address`);
    const next = this.best(now);
    if (next !== undefined) return this.move(next, at === undefined ? "it is up" : `${at.name} is down`);
    if (this.told === undefined) return undefined;
    this.told = undefined;
    return { to: undefined, reason: at === undefined ? "none is up" : `${at.name} is down` };
  }

  /** The first that has not failed lately; where all have, the one for which that is longest ago. */
  private best(now: Millis, but?: Entry): Entry | undefined {
    const up = this.entries.filter((entry) => entry !== but && this.usable(entry) !== undefined);
    const rested = up.find(({ failedAt }) => failedAt === undefined || now - failedAt >= this.holdDown);
    return rested ?? up.toSorted((a, b) => (a.failedAt ?? 0) - (b.failedAt ?? 0))[0];
  }

  private move(to: Entry, reason: string): Move | undefined {
    const uplink = this.usable(to);
    const { told } = this;
    this.at = to;
    this.told = uplink;
    if (told?.name === uplink?.name && told?.address === uplink?.address) return undefined;
    return { to: uplink, reason };
  }

  private fail(entry: Entry, now: Millis): void {
    entry.failedAt = now;
    entry.failures++;
  }

  private earlier(): readonly Entry[] {
    return this.entries.slice(0, this.at === undefined ? 0 : this.entries.indexOf(this.at));
  }

  /** Its address of the family that the server has; undefined: it is not up, or leads nowhere for this server. */
  private usable({ name, addresses }: Entry): Uplink | undefined {
    for (const family of this.families) {
      const found = addresses.find((own) => own.family === family);
      if (found !== undefined) return { name, address: found.address, family };
    }
    return undefined;
  }
}
