/** Which of many devices have been away for too long. */
import type { Millis } from "../clock.ts";
import { Deadlines, type Waiting } from "../deadlines.ts";
import type { Machine, Timeout } from "../machine.ts";

export type AbsenceEvent =
  /** It is away from now on; after so long it is told, once. One that is away already goes on as before. */
  | { readonly type: "gone"; readonly prefix: string; readonly after: Millis }
  /** It is back, or nobody wants to know any more. */
  | { readonly type: "back"; readonly prefix: string };

export interface AbsenceEffect {
  readonly type: "over";
  readonly prefix: string;
}

interface Absence extends Waiting {
  readonly prefix: string;
}

export class Absences implements Machine<AbsenceEvent, AbsenceEffect> {
  private readonly deadlines = new Deadlines<Absence>();
  private readonly absent = new Map<string, Absence>();

  get deadline(): Millis | undefined {
    return this.deadlines.next;
  }

  handle(event: AbsenceEvent | Timeout, now: Millis): AbsenceEffect[] {
    switch (event.type) {
      case "gone": {
        if (this.absent.has(event.prefix)) return [];
        const absence: Absence = { prefix: event.prefix, due: 0, slot: -1 };
        this.absent.set(event.prefix, absence);
        this.deadlines.set(absence, now + event.after);
        return [];
      }
      case "back": {
        const absence = this.absent.get(event.prefix);
        if (absence !== undefined) this.deadlines.remove(absence);
        this.absent.delete(event.prefix);
        return [];
      }
      case "timeout":
        return this.over(now);
    }
  }

  private over(now: Millis): AbsenceEffect[] {
    const effects: AbsenceEffect[] = [];
    for (let absence = this.deadlines.take(now); absence !== undefined; absence = this.deadlines.take(now)) {
      effects.push({ type: "over", prefix: absence.prefix });
    }
    return effects;
  }
}
