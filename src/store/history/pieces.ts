import type { WhenFull } from "./history.ts";
import { lastOf, type Piece, sizeOf } from "./segment.ts";

/** Packed segments that the thread does not have yet: for a moment, or while it waits for a slow disk. */
export class Pieces {
  private readonly room: number;
  private readonly whenFull: WhenFull;
  private pieces: Piece[] = [];
  private size = 0;

  /** `room`: bytes for all of them. */
  constructor(room: number, whenFull: WhenFull) {
    this.room = room;
    this.whenFull = whenFull;
  }

  get empty(): boolean {
    return this.pieces.length === 0;
  }

  /** Returns those that found no room: the oldest, or this one. */
  add(piece: Piece): readonly Piece[] {
    this.pieces.push(piece);
    this.size += sizeOf(piece.segment);
    const gone: Piece[] = [];
    while (this.size > this.room && this.pieces.length > 1) {
      const out = this.whenFull === "drop-newest" ? this.pieces.pop() : this.pieces.shift();
      if (out === undefined) break;
      this.size -= sizeOf(out.segment);
      gone.push(out);
    }
    return gone;
  }

  /** All of them, with nothing left here. */
  take(): readonly Piece[] {
    const { pieces } = this;
    this.pieces = [];
    this.size = 0;
    return pieces;
  }

  /** Those with entries of this observation above a sequence. */
  holding(observation: number, after: number): readonly Piece[] {
    const holds = ({ runs }: Piece) => runs.some((run) => run.observation === observation && lastOf(run) > after);
    return this.pieces.filter(holds);
  }
}
