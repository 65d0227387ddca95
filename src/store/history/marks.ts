import type { ObservationName, Watermark } from "./calls.ts";
import { lastOf, type Piece } from "./segment.ts";
import type { Waiting } from "./waiting.ts";

/** What the thread is to hear of observations with the next commit: names that it does not know, and watermarks. */
export class Marks {
  private readonly marked = new Set<Waiting>();
  private over: number[] = [];
  /** Whom the thread knows by name, and the `keep` that it knows of each. */
  private readonly named = new Map<number, number>();

  get empty(): boolean {
    return this.marked.size === 0 && this.over.length === 0;
  }

  /** The thread knows it from the disk. */
  known({ number, keep }: Waiting): void {
    this.named.set(number, keep);
  }

  /** Its watermark has passed what the thread has. */
  moved(waiting: Waiting): void {
    this.marked.add(waiting);
  }

  /** Its watermark is to be on disk, and not to be concluded from what it keeps. */
  persist(waiting: Waiting): void {
    waiting.confirmed = true;
    waiting.unsaid = false;
    this.marked.add(waiting);
  }

  /** The observation is over. Returns whether the thread is to hear of it. */
  end(waiting: Waiting): boolean {
    this.marked.delete(waiting);
    if (waiting.packed > 0) this.over.push(waiting.number);
    return waiting.packed > 0;
  }

  /** For these pieces and the watermarks: what they are called, and how many they keep. */
  takeNames(pieces: readonly Piece[], byNumber: ReadonlyMap<number, Waiting>): readonly ObservationName[] {
    const concerned = new Set(this.marked);
    for (const { runs } of pieces) {
      for (const run of runs) {
        const waiting = byNumber.get(run.observation);
        if (waiting === undefined) continue;
        waiting.handed = lastOf(run);
        concerned.add(waiting);
      }
    }
    const names = [...concerned].filter(({ number, keep }) => this.named.get(number) !== keep);
    for (const { number, keep } of names) this.named.set(number, keep);
    return names.map(({ number, id, keep }) => ({ number, id, keep }));
  }

  takeWatermarks(): readonly Watermark[] {
    const marks: Watermark[] = [];
    for (const waiting of this.marked) {
      const { number, watermark: sequence, gaps, confirmed } = waiting;
      marks.push({ number, sequence, gaps, confirmed, over: false });
      waiting.confirmed = false;
    }
    for (const number of this.over) {
      marks.push({ number, sequence: Number.MAX_SAFE_INTEGER, gaps: [], confirmed: true, over: true });
      this.named.delete(number);
    }
    this.marked.clear();
    this.over = [];
    return marks;
  }
}
