/** The bodies that were read last: while a server gets what waits, each segment is read once and not once an observation. */
export class SegmentCache {
  private readonly bodies = new Map<number, Uint8Array>();
  private bytes = 0;

  get(segment: number): Uint8Array | undefined {
    const body = this.bodies.get(segment);
    if (body !== undefined) {
      this.bodies.delete(segment);
      this.bodies.set(segment, body);
    }
    return body;
  }

  set(segment: number, body: Uint8Array): void {
    this.delete(segment);
    this.bodies.set(segment, body);
    this.bytes += body.length;
    for (const oldest of this.bodies.keys()) {
      if (this.bytes <= ROOM || oldest === segment) return;
      this.delete(oldest);
    }
  }

  delete(segment: number): void {
    this.bytes -= this.bodies.get(segment)?.length ?? 0;
    this.bodies.delete(segment);
  }

  clear(): void {
    this.bodies.clear();
    this.bytes = 0;
  }
}

const ROOM = 16 * 2 ** 20;
