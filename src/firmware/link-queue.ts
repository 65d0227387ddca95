/** One job at a time on each link: what has begun first, then by severity, then by age. */
import type { UnixMillis } from "../clock.ts";

export interface Claimant {
  readonly link: string;
  /** It was interrupted in the middle: nothing else may come before it. */
  readonly begun: boolean;
  /** 0 critical, 1 mandatory, 2 optional. */
  readonly severity: number;
  readonly since: UnixMillis;
  onGranted(): void;
  /** `owner`: who has the link. */
  onQueued(owner: string): void;
  /** For the sentence of the others. */
  readonly owner: string;
}

export class LinkQueue {
  private readonly holders = new Map<string, Claimant>();
  private readonly waiting = new Set<Claimant>();

  claim(claimant: Claimant): void {
    const holder = this.holders.get(claimant.link);
    if (holder === undefined) this.grant(claimant);
    else {
      this.waiting.add(claimant);
      claimant.onQueued(holder.owner);
    }
  }

  /** Who waits, waits no more; who has the link gives it to the next. */
  release(claimant: Claimant): void {
    this.waiting.delete(claimant);
    if (this.holders.get(claimant.link) !== claimant) return;
    this.holders.delete(claimant.link);
    const [next] = [...this.waiting].filter(({ link }) => link === claimant.link).sort(byUrgency);
    if (next === undefined) return;
    this.waiting.delete(next);
    this.grant(next);
  }

  private grant(claimant: Claimant): void {
    this.holders.set(claimant.link, claimant);
    claimant.onGranted();
  }
}

function byUrgency(a: Claimant, b: Claimant): number {
  return Number(b.begun) - Number(a.begun) || a.severity - b.severity || a.since - b.since;
}
