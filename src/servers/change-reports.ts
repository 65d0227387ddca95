/**
 * Entries with `every: change`: each value is judged as if it were observed by itself, with the attributes of its entry (Core 1.2
 * §5.1.2, §6.4). What becomes due of one device at the same moment is one report.
 */
import type { Millis } from "../clock.ts";
import type { Attributes } from "../lwm2m/attributes.ts";
import { type ObservationId, observationId } from "../lwm2m/observation-id.ts";
import { Observations } from "../lwm2m/observations.ts";
import type { Path } from "../lwm2m/path.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { Machine, Timeout } from "../machine.ts";
import type { PartChange, ReportPart } from "./report-parts.ts";

export type ChangeEvent =
  | { readonly type: "parts"; readonly changes: readonly PartChange[] }
  | { readonly type: "changed"; readonly samples: readonly Sample[] }
  /** The floor under every pmin is another. */
  | { readonly type: "attributesChanged" };

export interface DueChanges {
  readonly part: ReportPart;
  readonly samples: readonly Sample[];
  /** A limit that the entry watches is crossed. */
  readonly urgent: boolean;
}

interface Gathered {
  readonly samples: Sample[];
  urgent: boolean;
}

export class ChangeReports implements Machine<ChangeEvent, readonly DueChanges[]> {
  private readonly observations: Observations;
  private readonly watched = new Map<ObservationId, ReportPart>();

  /** An entry says all that counts, above the `floor` under every pmin, in seconds: what a server writes is for what it observes. */
  constructor(floor: () => number = () => 0) {
    this.observations = new Observations({ effective: () => NO_ATTRIBUTES, defaults: () => NO_ATTRIBUTES, floor });
  }

  get deadline(): Millis | undefined {
    return this.observations.deadline;
  }

  /** How many values are watched. */
  get size(): number {
    return this.watched.size;
  }

  /** All that is due now is one effect, so that it leaves together. */
  handle(event: ChangeEvent | Timeout, now: Millis): (readonly DueChanges[])[] {
    const due = new Map<ReportPart, Gathered>();
    if (event.type === "parts") for (const change of event.changes) this.follow(change, now, due);
    else this.gather(this.observations.handle(event, now), due);
    return due.size === 0 ? [] : [[...due].map(([part, gathered]) => ({ part, ...gathered }))];
  }

  private follow({ part, added, gone }: PartChange, now: Millis, due: Map<ReportPart, Gathered>): void {
    const { when } = part.entry;
    if (when.type !== "change") return;
    for (const path of gone) {
      const id = idOf(part, path);
      this.watched.delete(id);
      this.gather(this.observations.handle({ type: "cancel", id }, now), due);
    }
    for (const path of added) {
      const id = idOf(part, path);
      this.watched.set(id, part);
      const event = { type: "observe", id, paths: [path], attributes: when.attributes, samples: [] } as const;
      this.gather(this.observations.handle(event, now), due);
    }
  }

  private gather(effects: ReturnType<Observations["handle"]>, due: Map<ReportPart, Gathered>): void {
    for (const effect of effects) {
      const part = effect.type === "due" ? this.watched.get(effect.id) : undefined;
      if (effect.type !== "due" || part === undefined) continue;
      const gathered = due.get(part) ?? { samples: [], urgent: false };
      due.set(part, gathered);
      gathered.samples.push(...effect.samples);
      gathered.urgent ||= effect.urgent;
    }
  }
}

const NO_ATTRIBUTES: Attributes = {};

/** Two entries may watch the same value. */
function idOf(part: ReportPart, path: Path): ObservationId {
  return observationId(part.id, [path]);
}
