import type { Fullness } from "./calls.ts";
import type { Drops } from "./drops.ts";
import type { DropCause } from "./history.ts";
import type { Pieces } from "./pieces.ts";
import { lastOf, SegmentWriter } from "./segment.ts";
import type { Waiting } from "./waiting.ts";

/** The open commit window of all observations: at its end, what is still owed becomes a segment, or is refused. */
export class OpenWindow {
  private readonly open = new Set<Waiting>();
  private readonly writer: SegmentWriter;
  private readonly pieces: Pieces;
  private readonly drops: Drops;
  private samples = 0;
  private full: Fullness = { cause: undefined, devices: [] };

  /** `epoch`: of samples without date. */
  constructor(pieces: Pieces, drops: Drops, epoch: number) {
    this.writer = new SegmentWriter(epoch);
    this.pieces = pieces;
    this.drops = drops;
  }

  /** Whether it is better packed than waited with, so that it ends without a long pause of everything else. */
  get large(): boolean {
    return this.samples >= PIECE;
  }

  /** An entry of so many samples was appended. */
  add(waiting: Waiting, samples: number): void {
    this.open.add(waiting);
    this.samples += samples;
  }

  /** So many samples of what was appended wait no more. */
  settle(waiting: Waiting, samples: number): void {
    this.samples -= samples;
    if (waiting.window.empty) this.open.delete(waiting);
  }

  /** What found no room the last time will find none until the thread says so. */
  limit(full: Fullness): void {
    this.full = full;
  }

  /** Why nothing new of it is kept; undefined: it is. */
  refusal({ device }: Waiting): DropCause | undefined {
    const { cause, devices } = this.full;
    return cause ?? (devices.includes(device) ? "share" : undefined);
  }

  /** What is owed of it leaves it. */
  pack(): void {
    for (const waiting of this.open) {
      const refusal = this.refusal(waiting);
      if (refusal !== undefined)
        this.drops.refused(refusal, waiting, waiting.settle(waiting.windowRange("all")).entries);
      this.writer.add(waiting.number, waiting.id, waiting.pack());
    }
    this.open.clear();
    this.samples = 0;
    if (!this.writer.empty) this.give();
  }

  private give(): void {
    const piece = this.writer.take();
    for (const gone of this.pieces.add(piece)) {
      if (gone === piece) this.full = { cause: "disk", devices: [] };
      this.drops.take(
        gone.runs.map((run) => ({ number: run.observation, from: run.first, to: lastOf(run), cause: "disk" })),
      );
    }
  }
}

const PIECE = 4096;
