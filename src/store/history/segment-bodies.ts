import { DamagedSegment } from "./byte-reader.ts";
import type { HistoryFile } from "./history-file.ts";
import type { IndexedSegment } from "./observed.ts";
import { checkBody } from "./segment.ts";

/** A segment that the disk does not give back as it was. */
export class UnreadableSegment extends Error {
  readonly segment: IndexedSegment;

  constructor(segment: IndexedSegment, cause: DamagedSegment) {
    super(cause.message, { cause });
    this.name = "UnreadableSegment";
    this.segment = segment;
  }
}

/**
 * What is in segments. Those that were read last stay in memory: while a server gets what waits, each is read once and not once
 * an observation.
 */
export class SegmentBodies {
  private readonly file: HistoryFile;
  private readonly bodies = new Map<number, Uint8Array>();
  private bytes = 0;

  constructor(file: HistoryFile) {
    this.file = file;
  }

  /** What the work gives. Throws UnreadableSegment, or StoreError where the file does not answer. */
  use<T>(segment: IndexedSegment, work: (body: Uint8Array) => T): T {
    try {
      return work(segment.pending?.body ?? this.kept(segment.id) ?? this.read(segment.id));
    } catch (error) {
      throw error instanceof DamagedSegment ? new UnreadableSegment(segment, error) : error;
    }
  }

  /** It is another one now, or none. */
  forget({ id }: Pick<IndexedSegment, "id">): void {
    this.bytes -= this.bodies.get(id)?.length ?? 0;
    this.bodies.delete(id);
  }

  clear(): void {
    this.bodies.clear();
    this.bytes = 0;
  }

  private kept(id: number): Uint8Array | undefined {
    const body = this.bodies.get(id);
    if (body !== undefined) {
      this.bodies.delete(id);
      this.bodies.set(id, body);
    }
    return body;
  }

  private read(id: number): Uint8Array {
    const row = this.file.use((table) => table.read(id));
    if (row === undefined) throw new DamagedSegment("it is not there");
    const { directory, body } = row;
    checkBody(directory, body);
    this.bodies.set(id, body);
    this.bytes += body.length;
    for (const oldest of this.bodies.keys()) {
      if (this.bytes <= ROOM || oldest === id) break;
      this.forget({ id: oldest });
    }
    return body;
  }
}

const ROOM = 16 * 2 ** 20;
