/** Lines of what a program prints, however it comes. */
import { StringDecoder } from "node:string_decoder";

/** Of a longer line the rest is dropped. */
const LONGEST = 4096;

export class Lines {
  private readonly onLine: (line: string) => void;
  private readonly decoder = new StringDecoder("utf8");
  private rest = "";

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine;
  }

  take(bytes: Buffer): void {
    const [first = "", ...others] = this.decoder.write(bytes).split("\n");
    this.rest = (this.rest + first).slice(0, LONGEST);
    for (const other of others) {
      this.tell();
      this.rest = other.slice(0, LONGEST);
    }
  }

  /** What stands there without its end is a line, too. */
  end(): void {
    if (this.rest !== "") this.tell();
  }

  private tell(): void {
    const line = this.rest.replace(/\r$/, "");
    this.rest = "";
    this.onLine(line);
  }
}
