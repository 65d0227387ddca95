import { HOUR, MINUTE, type Millis } from "../../clock.ts";

/** How many samples came in the last hour. */
export class Arrivals {
  private total = 0;
  /** What the total was at these times, a minute apart at least; the first is an hour old, or the start. */
  private readonly marks: { readonly time: Millis; readonly total: number }[];

  constructor(now: Millis) {
    this.marks = [{ time: now, total: 0 }];
  }

  add(samples: number): void {
    this.total += samples;
  }

  /** To be called while something comes, now and then. */
  note(now: Millis): void {
    const { marks, total } = this;
    if (now - (marks.at(-1)?.time ?? now) >= MINUTE) marks.push({ time: now, total });
    const second = marks[1];
    if (second !== undefined && now - second.time >= HOUR) marks.shift();
  }

  until(now: Millis): { readonly span: Millis; readonly samples: number } {
    const start = this.marks.findLast(({ time }) => now - time >= HOUR) ?? this.marks[0];
    return { span: now - (start?.time ?? now), samples: this.total - (start?.total ?? 0) };
  }
}
