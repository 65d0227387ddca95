/** Bytes that went to one server and came from it, by interface, in this calendar month and since the start. */
import { isUndated, type UnixMillis } from "../../clock.ts";

export interface Bytes {
  readonly sent: number;
  readonly received: number;
}

/** What went by one interface; plain data. */
export interface LinkTraffic {
  /** As `via:` has it; "": whatever the routes say. */
  readonly name: string;
  readonly month: Bytes;
  readonly sinceStart: Bytes;
}

type Counts = Map<string, Bytes>;

const NOTHING: Bytes = { sent: 0, received: 0 };

/** Months are those of the machine's time zone. While nobody knows what month it is, its bytes are those of the one to come. */
export class Traffic {
  private month: string | undefined;
  /** Since when it is counted. */
  private begun: UnixMillis | undefined;
  /** When this process knew first what time it is. */
  private first: UnixMillis | undefined;
  private counted: Counts = new Map();
  private undated: Counts = new Map();
  private readonly sinceStart: Counts = new Map();

  /** `kept`: what `serialize` gave. Throws SyntaxError or RangeError where it is something else. */
  constructor(kept?: string) {
    if (kept === undefined) return;
    const { month, since, links, undated } = fieldsOf(kept);
    this.month = month;
    this.begun = since;
    this.counted = links;
    this.undated = undated;
  }

  /** `time` is now, undated where nobody knows. Returns whether another month has begun. */
  add(name: string, bytes: Bytes, time: UnixMillis): boolean {
    const isNew = this.date(time);
    addTo(this.month === undefined || isUndated(time) ? this.undated : this.counted, name, bytes);
    addTo(this.sinceStart, name, bytes);
    return isNew;
  }

  /** All that went by these, both ways, this month; absent: by all. */
  used(names?: readonly string[]): number {
    let used = 0;
    for (const counts of [this.counted, this.undated]) {
      for (const [name, { sent, received }] of counts) {
        if (names === undefined || names.includes(name)) used += sent + received;
      }
    }
    return used;
  }

  /** Since when the month is counted; undefined: nobody knows. */
  get since(): UnixMillis | undefined {
    return this.begun;
  }

  links(): readonly LinkTraffic[] {
    const names = new Set([...this.counted.keys(), ...this.undated.keys(), ...this.sinceStart.keys()]);
    return [...names].map((name) => ({
      name,
      month: sum(this.counted.get(name), this.undated.get(name)),
      sinceStart: this.sinceStart.get(name) ?? NOTHING,
    }));
  }

  /** One text that the constructor reads. */
  serialize(): string {
    const rows = (counts: Counts) => [...counts].map(([name, { sent, received }]) => [name, sent, received]);
    const { month, begun: since } = this;
    return JSON.stringify({ month, since, links: rows(this.counted), undated: rows(this.undated) });
  }

  private date(time: UnixMillis): boolean {
    if (isUndated(time)) return false;
    this.first ??= time;
    const month = monthOf(time);
    const isNew = month !== this.month;
    if (isNew) {
      this.counted = new Map();
      this.begun = Math.max(startOfMonth(time), this.first);
      this.month = month;
    }
    for (const [name, bytes] of this.undated) addTo(this.counted, name, bytes);
    this.undated.clear();
    return isNew;
  }
}

/** What will have been used at the end of the month, if it goes on as since `since`; undefined: that is too short ago. */
export function projected(used: number, since: UnixMillis | undefined, now: UnixMillis): number | undefined {
  if (since === undefined || isUndated(now) || now - since < LEAST_TO_PROJECT) return undefined;
  return used + (used / (now - since)) * Math.max(0, endOfMonth(now) - now);
}

export function endOfMonth(time: UnixMillis): UnixMillis {
  const date = new Date(time);
  return new Date(date.getFullYear(), date.getMonth() + 1, 1).getTime();
}

function startOfMonth(time: UnixMillis): UnixMillis {
  const date = new Date(time);
  return new Date(date.getFullYear(), date.getMonth(), 1).getTime();
}

/** e.g. "2026-11". */
function monthOf(time: UnixMillis): string {
  const date = new Date(time);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}`;
}

/** An hour says little of a month, and less nothing. */
const LEAST_TO_PROJECT = 3_600_000;

function sum(a: Bytes = NOTHING, b: Bytes = NOTHING): Bytes {
  return { sent: a.sent + b.sent, received: a.received + b.received };
}

function addTo(counts: Counts, name: string, bytes: Bytes): void {
  if (bytes.sent + bytes.received > 0) counts.set(name, sum(counts.get(name), bytes));
}

interface Kept {
  readonly month: string | undefined;
  readonly since: UnixMillis | undefined;
  readonly links: Counts;
  readonly undated: Counts;
}

function fieldsOf(text: string): Kept {
  const content: unknown = JSON.parse(text);
  const { month, since, links, undated } = Object(content);
  if (month !== undefined && (typeof month !== "string" || !/^\d{4}-\d{2}$/.test(month))) {
    throw new RangeError("month is none");
  }
  if (since !== undefined && !isCount(since)) throw new RangeError("since is no time");
  return { month, since, links: countsOf(links), undated: countsOf(undated) };
}

function countsOf(rows: unknown): Counts {
  if (!Array.isArray(rows)) throw new RangeError("the bytes are no list");
  return new Map(
    rows.map((row: unknown): [string, Bytes] => {
      const [name, sent, received]: readonly unknown[] = Array.isArray(row) ? row : [];
      if (typeof name !== "string" || !isCount(sent) || !isCount(received)) {
        throw new RangeError("an entry of the bytes is no name with two numbers");
      }
      return [name, { sent, received }];
    }),
  );
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
