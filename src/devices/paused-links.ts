import { type Clock, isUndated, type Millis, SECOND, type UnixMillis, wallAt } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import type { Logger } from "../log.ts";

/** A link on which nothing goes out for a while; plain data. */
export interface LinkPause {
  /** When it goes on by itself. */
  readonly until: UnixMillis;
  /** How long that is from now. */
  readonly left: Millis;
  /** For whoever reads or writes meanwhile. */
  readonly reason: string;
}

interface Paused extends Omit<LinkPause, "left"> {
  readonly end: Millis;
  readonly cancel: () => void;
}

/** Which links somebody has paused, and until when. */
export class PausedLinks {
  private readonly clock: Clock;
  private readonly log: Logger;
  private readonly onOver: (id: string) => void;
  private readonly links = new Map<string, Paused>();

  /** `onOver`: the time of a pause is over; it lasts until `end`. */
  constructor({ clock, log }: { readonly clock: Clock; readonly log: Logger }, onOver: (id: string) => void) {
    this.clock = clock;
    this.log = log;
    this.onOver = onOver;
  }

  add(id: string, span: Millis): LinkPause {
    const { clock } = this;
    this.links.get(id)?.cancel();
    const end = clock.monotonic() + span;
    const until = wallAt(clock, end);
    const reason = `link ${id} is paused ${isUndated(until) ? `for ${formatDuration(span)}` : `until ${timeOf(until)}`}`;
    const cancel = clock.at(end, () => this.onOver(id));
    this.links.set(id, { end, until, reason, cancel });
    this.log.warn(
      { code: "LG749", link: id, for: formatDuration(span) },
      "somebody paused the link: nothing goes out on it",
    );
    return { until, left: span, reason };
  }

  /** Whether it was paused. */
  end(id: string): boolean {
    const paused = this.links.get(id);
    if (paused === undefined) return false;
    paused.cancel();
    this.links.delete(id);
    this.log.info({ link: id }, "the pause of the link is over");
    return true;
  }

  of(id: string): LinkPause | undefined {
    const paused = this.links.get(id);
    if (paused === undefined) return undefined;
    const { until, end, reason } = paused;
    return { until, left: Math.max(0, Math.round(end - this.clock.monotonic())), reason };
  }

  /** The others are gone. */
  keep(ids: ReadonlySet<string>): void {
    for (const [id, { cancel }] of this.links) {
      if (ids.has(id)) continue;
      cancel();
      this.links.delete(id);
    }
  }

  close(): void {
    this.keep(new Set());
  }
}

function timeOf(time: UnixMillis): string {
  return new Date(Math.ceil(time / SECOND) * SECOND).toISOString().replace(".000", "");
}
