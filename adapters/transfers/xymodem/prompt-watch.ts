/** Finds a text in what a bootloader prints, wherever its bytes are torn apart. */

/** Of what came instead, the end is shown. */
const SHOWN = 60;

export class PromptWatch {
  private readonly prompt: string;
  private tail = "";

  constructor(prompt: string) {
    // Byte by byte, as it comes.
    this.prompt = Buffer.from(prompt).toString("latin1");
  }

  /** Whether it has come by now. */
  push(bytes: Uint8Array): boolean {
    const text = this.tail + Buffer.from(bytes).toString("latin1");
    this.tail = text.slice(-Math.max(SHOWN, this.prompt.length));
    return text.includes(this.prompt);
  }

  reset(): void {
    this.tail = "";
  }

  /** For the end of a sentence. */
  get heard(): string {
    return this.tail === "" ? "nothing came" : `what came last: ${JSON.stringify(this.tail.slice(-SHOWN))}`;
  }
}
