/** A stream of bytes as lines of text. */

/** Longer than any message: the services of a large peripheral come in one line. */
const LONGEST = 256 * 1024;

/** Takes chunks, gives the lines that end in them. A line that does not end in time is given in pieces of LONGEST. */
export class Lines {
  private rest = "";
  private readonly take: (line: string) => void;

  constructor(take: (line: string) => void) {
    this.take = take;
  }

  push(chunk: string): void {
    const lines = `${this.rest}${chunk}`.split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.take(line);
    if (this.rest.length < LONGEST) return;
    const piece = this.rest;
    this.rest = "";
    this.take(piece);
  }
}
