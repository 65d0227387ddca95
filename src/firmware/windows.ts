/**
 * When jobs may begin: a part of each day in an IANA time zone. On the days on which the clocks change a time of day may not exist,
 * or twice: one that does not exist is the moment of the change, of two it is the first. So a window is never longer than it says.
 */
import { HOUR, MINUTE, type Millis, type UnixMillis } from "../clock.ts";

/** See WindowSettings of the configuration, which is one. */
export interface WindowTimes {
  /** Minutes after midnight; `to` before `from`: on the next day. */
  readonly from: number;
  readonly to: number;
  /** 0 is Sunday: the days on which it begins; absent: all. */
  readonly days?: readonly number[];
  readonly zone: string;
}

export interface WindowState {
  readonly open: boolean;
  /** When that changes; undefined: never. */
  readonly until: UnixMillis | undefined;
}

const DAY: Millis = 24 * HOUR;
/** So far ahead there is a day of the week again on which the window is not swallowed by a change of the clocks. */
const DAYS_AHEAD = 15;

export class UpdateWindow {
  private readonly settings: WindowTimes;
  private readonly format: Intl.DateTimeFormat;

  constructor(settings: WindowTimes) {
    this.settings = settings;
    this.format = new Intl.DateTimeFormat("en-US", {
      timeZone: settings.zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  at(time: UnixMillis): WindowState {
    const today = Math.floor(this.local(time) / DAY) * DAY;
    for (let day = today - DAY; day <= today + DAYS_AHEAD * DAY; day += DAY) {
      const span = this.spanOf(day);
      if (span === undefined || span.end <= time) continue;
      return span.begin <= time ? { open: true, until: span.end } : { open: false, until: span.begin };
    }
    return { open: false, until: undefined };
  }

  /** `day`: its midnight, as if the zone were UTC. */
  private spanOf(day: UnixMillis): { readonly begin: UnixMillis; readonly end: UnixMillis } | undefined {
    const { from, to, days } = this.settings;
    if (days !== undefined && !days.includes(new Date(day).getUTCDay())) return undefined;
    const begin = this.instant(day + from * MINUTE);
    const end = this.instant((to > from ? day : day + DAY) + to * MINUTE);
    return end > begin ? { begin, end } : undefined;
  }

  /** When the clocks of the zone show this for the first time; where they skip it, when they do. */
  private instant(local: UnixMillis): UnixMillis {
    const before = this.offset(local - DAY);
    const after = this.offset(local + DAY);
    const shown = [local - before, local - after].filter((time) => this.local(time) === local);
    return shown.length > 0 ? Math.min(...shown) : this.change(local - DAY, local + DAY, before);
  }

  /** When the offset is another for the first time. */
  private change(from: UnixMillis, to: UnixMillis, before: Millis): UnixMillis {
    let [low, high] = [from, to];
    while (high - low > MINUTE) {
      const middle = Math.floor((low + high) / 2 / MINUTE) * MINUTE;
      if (this.offset(middle) === before) low = middle;
      else high = middle;
    }
    return high;
  }

  private offset(time: UnixMillis): Millis {
    return this.local(time) - time;
  }

  /** What the clocks of the zone show, as if it were UTC. */
  private local(time: UnixMillis): UnixMillis {
    const parts = new Map(this.format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    const [year = 0, month = 1, day = 1] = [parts.get("year"), parts.get("month"), parts.get("day")];
    const [hour = 0, minute = 0, second = 0] = [parts.get("hour"), parts.get("minute"), parts.get("second")];
    const millis = time - Math.floor(time / 1000) * 1000;
    return Date.UTC(year, month - 1, day, hour, minute, second) + millis;
  }
}
