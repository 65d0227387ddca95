/** What is known of one unit on a line: what came of its requests, and how long it is worth waiting for. */
import type { DeviceError, Millis, UnitReport } from "../../src/adapter.ts";
import { Turnaround } from "../wires/turnaround.ts";
import { ModbusException } from "./errors.ts";
import { USUAL_TURNAROUND } from "./wire-time.ts";

/** Beside the time on the wire a unit gets this long to think, or four times what 95 % of its answers took. */
const LEAST_PATIENCE: Millis = 300;
const OF_P95 = 4;
/** It may be slower than anybody has measured: a unit that did not answer gets twice as long the next time. */
const AFTER_SILENCE = 2;
/** Answers differ by so much without a reason. */
const NEAR: Millis = 5;

export class UnitRecord {
  private readonly turnaround = new Turnaround();
  private requests = 0;
  private timeouts = 0;
  private exceptions = 0;
  private malformed = 0;
  private steady: Millis = USUAL_TURNAROUND;
  /** The last request came to nothing. */
  private failed = false;

  /** How long to wait for an answer, beside the time on the wire. */
  get patience(): Millis {
    const usual = OF_P95 * (this.turnaround.p95 ?? 0);
    return Math.max(usual, this.failed ? AFTER_SILENCE * LEAST_PATIENCE : LEAST_PATIENCE);
  }

  /** Whether its last request came to nothing. */
  get failing(): boolean {
    return this.failed;
  }

  /** The usual time to think, as far as it is known. It stays while the measured one stays near: plans follow from it. */
  get usual(): Millis {
    const median = this.turnaround.median ?? USUAL_TURNAROUND;
    if (Math.abs(median - this.steady) > Math.max(NEAR, this.steady / 4)) this.steady = median;
    return this.steady;
  }

  sent(): void {
    this.requests++;
  }

  /** `turnaround`: from the end of the request to the beginning of the answer. */
  answered(turnaround: Millis): void {
    this.failed = false;
    this.turnaround.add(turnaround);
  }

  failedWith(error: DeviceError): void {
    // Exceptions are answers, but may come faster than a value: their time says nothing.
    this.failed = !(error instanceof ModbusException);
    if (!this.failed) this.exceptions++;
    else if (error.kind === "malformed") this.malformed++;
    else this.timeouts++;
  }

  report(unit: number): UnitReport {
    const { requests, timeouts, exceptions, malformed } = this;
    const { median, p95 } = this.turnaround;
    const counts = { unit: String(unit), requests, timeouts, exceptions, malformed };
    return median === undefined || p95 === undefined ? counts : { ...counts, turnaround: { median, p95 } };
  }
}
