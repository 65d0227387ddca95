import { lastOf, type Piece, sizeOf } from "./segment.ts";

/** Packed segments that the thread does not have yet: for a moment, or while it waits for a slow disk. */
export class Pieces {
  private readonly room: number;
  private pieces: Piece[] = [];
  private size = 0;

  /** `room`: bytes for all of them. */
  constructor(room: number) {
    this.room = room;
  }

  get empty(): boolean {
    return this.pieces.length === 0;
  }

  /** Returns those that had to go for it: the oldest. */
  add(piece: Piece): readonly Piece[] {
    this.pieces.push(piece);
    this.size += sizeOf(piece.segment);
    const gone: Piece[] = [];
    while (this.size > this.room && this.pieces.length > 1) {
      const oldest = this.pieces.shift();
      if (oldest === undefined) break;
      this.size -= sizeOf(oldest.segment);
      gone.push(oldest);
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
