/** How many samples one message takes: learnt from the messages before. */

/** A record of SenML CBOR with name, value and time. */
const FIRST_GUESS = 24;
const GAIN = 1 / 4;
const ENOUGH_TO_LEARN = 8;

export class MessageFit {
  /** Bytes of payload. */
  readonly limit: number;
  private bytesEach = FIRST_GUESS;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** So many samples are likely to fit, one at least. */
  get samples(): number {
    return Math.max(1, Math.floor(this.limit / this.bytesEach));
  }

  /**
   * Writes as many of the parts, the oldest, as one message takes, at least the first. `most`: so many there are. `write` says
   * how long the message of so many parts is, and of how many samples.
   */
  fitted<T extends Written>(most: number, write: (parts: number) => T): T {
    let parts = most;
    let written = write(parts);
    while (parts > 1 && written.bytes > this.limit) {
      parts = Math.max(1, Math.min(parts - 1, Math.floor((parts * this.limit) / written.bytes)));
      written = write(parts);
    }
    // What is said once, the name and the first time, counts for much in a short message.
    if (written.samples >= ENOUGH_TO_LEARN) this.bytesEach += GAIN * (written.bytes / written.samples - this.bytesEach);
    return written;
  }
}

export interface Written {
  readonly bytes: number;
  readonly samples: number;
}
