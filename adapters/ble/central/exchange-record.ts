import type { DeviceError, Millis, UnitReport } from "../../../src/adapter.ts";
import { Turnaround } from "../../wires/turnaround.ts";

/** Of so many of the newest exchanges the quality is made. */
const KEPT = 50;

/** What came of what one peripheral was asked. Bounded. */
export class ExchangeRecord {
  private readonly turnaround = new Turnaround();
  private readonly newest: boolean[] = [];
  private at = 0;
  private requests = 0;
  private timeouts = 0;
  private exceptions = 0;
  private malformed = 0;

  /** How many of the newest exchanges came, in percent; undefined before the first. */
  get quality(): number | undefined {
    const { length } = this.newest;
    return length === 0 ? undefined : Math.round((100 * this.newest.filter((came) => came).length) / length);
  }

  answered(turnaround: Millis): void {
    this.requests++;
    this.turnaround.add(turnaround);
    this.note(true);
  }

  /** A refusal is an answer. */
  failed({ kind }: DeviceError): void {
    this.requests++;
    this.note(kind !== "unreachable");
    switch (kind) {
      case "rejected":
        this.exceptions++;
        return;
      case "malformed":
        this.malformed++;
        return;
      case "unreachable":
        this.timeouts++;
        return;
      default:
        kind satisfies never;
    }
  }

  report(unit: string): UnitReport {
    const { requests, timeouts, exceptions, malformed } = this;
    const { median, p95 } = this.turnaround;
    const counts = { unit, requests, timeouts, exceptions, malformed };
    return median === undefined || p95 === undefined ? counts : { ...counts, turnaround: { median, p95 } };
  }

  private note(came: boolean): void {
    this.newest[this.at] = came;
    this.at = (this.at + 1) % KEPT;
  }
}
