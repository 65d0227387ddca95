/** How much of an image its device has, by what it was sent: the longest part from the beginning on that has no gap. */

export class Fetched {
  private readonly size: number;
  private readonly hearers = new Set<(bytes: number) => void>();
  private bytes: number;

  /** `bytes`: what the device is known to have. */
  constructor(size: number, bytes = 0) {
    this.size = size;
    this.bytes = Math.min(bytes, size);
  }

  /** Whoever asks for all from there on has what stands before: it goes on after a break, perhaps of ours. */
  resumes(from: number): void {
    this.grow(from);
  }

  /** These were handed to the network. The last byte counts only when the device has closed the connection in order. */
  sent(first: number, end: number): void {
    if (first <= this.bytes) this.grow(Math.min(end, this.size - 1));
  }

  /** A download that went to the end was closed in order by the device. */
  arrived(first: number): void {
    if (first <= this.bytes) this.grow(this.size);
  }

  hear(hears: (bytes: number) => void): () => void {
    this.hearers.add(hears);
    if (this.bytes > 0) hears(this.bytes);
    return () => this.hearers.delete(hears);
  }

  private grow(to: number): void {
    if (to <= this.bytes) return;
    this.bytes = to;
    for (const hears of [...this.hearers]) hears(to);
  }
}
