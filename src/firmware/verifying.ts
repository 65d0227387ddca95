/** Looks at a device after its activation until it is known whether it runs the image, and stays. */
import type { Millis } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import type { JobOptions } from "./job-events.ts";
import { type Look, sameVersion, type Verdict, verdictOf } from "./version-verdict.ts";

export type Seen =
  | { readonly type: "again"; readonly at: Millis }
  | { readonly type: "good" }
  | { readonly type: "failed"; readonly reason: string };

export class Verifying {
  private readonly options: Pick<JobOptions, "plan" | "wanted">;
  private deadline: Millis = 0;
  private goodSince: Millis | undefined;
  private oldSince: Millis | undefined;
  /** It has been away since it was activated. */
  private wasSilent = false;
  private last: string | undefined;

  constructor(options: Pick<JobOptions, "plan" | "wanted">) {
    this.options = options;
  }

  /** The version that it said last. */
  get version(): string | undefined {
    return this.last;
  }

  /** Returns when to look for the first time. */
  begin(deadline: Millis | undefined, now: Millis): Millis {
    const { within, poll } = this.options.plan.verify;
    this.deadline = deadline ?? now + within;
    this.goodSince = undefined;
    this.oldSince = undefined;
    this.wasSilent = false;
    return Math.min(now + poll, Math.max(this.deadline, now));
  }

  /** Whether it has been updated already, though nobody here saw it. */
  runsNow(look: Look, before: string | undefined): boolean {
    if (look.probe?.running === true) return true;
    const { version } = look;
    if (version === undefined || before === undefined || sameVersion(version, before)) return false;
    return this.verdict(look, before) === "new";
  }

  seen(look: Look, before: string | undefined, now: Millis): Seen {
    const { settle } = this.options.plan.verify;
    const verdict = this.verdict(look, before);
    if (look.version !== undefined) this.last = look.version;
    if (verdict === "new" && look.healthy !== false) {
      this.oldSince = undefined;
      this.goodSince ??= now;
      return now - this.goodSince >= settle ? { type: "good" } : this.again(this.goodSince + settle, now);
    }
    this.goodSince = undefined;
    if (verdict === "silent") this.wasSilent = true;
    this.oldSince = verdict === "old" ? (this.oldSince ?? now) : undefined;
    if (this.oldSince !== undefined && this.wasSilent && now - this.oldSince >= settle) {
      return { type: "failed", reason: `it came back with ${look.version ?? "the version"} that it ran before` };
    }
    if (now >= this.deadline) return { type: "failed", reason: this.complaint(look, verdict) };
    return this.again(this.deadline, now);
  }

  private again(latest: Millis, now: Millis): Seen {
    return { type: "again", at: Math.min(now + this.options.plan.verify.poll, latest) };
  }

  private verdict(look: Look, before: string | undefined): Verdict {
    const { plan, wanted } = this.options;
    return verdictOf(look, { source: plan.version.kind, expect: plan.expect, wanted, before });
  }

  private complaint(look: Look, verdict: Verdict): string {
    const { plan, wanted } = this.options;
    const within = `within ${formatDuration(plan.verify.within)}`;
    switch (verdict) {
      case "silent": {
        const why = look.reason === undefined ? "" : `: ${look.reason}`;
        return look.answered ? `it did not say its version ${within}` : `it was not back ${within}${why}`;
      }
      case "old":
        return `${within} it still ran ${look.version ?? "what it ran before"}`;
      case "other":
        return `it runs ${look.version}, not ${wanted}`;
      case "new":
        return `it is not well ${within}: ${plan.verify.healthy?.text ?? ""}`;
    }
  }
}
