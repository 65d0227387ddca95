/** What every echo client does: keeps a window of messages under way, and tells its parent how many came back. */
import { cpuTime } from "../process-figures.ts";
import { pause } from "../run.ts";
import { round } from "../statistics.ts";

const MESSAGE = Buffer.from(`${"a".repeat(99)}\n`);
const WINDOW = 32;
/** Milliseconds: until what V8 compiles while it runs is compiled, and how long is measured. */
const WARM_UP = 2000;
const DURATION = 3000;
/** After so many milliseconds without an echo all that was under way is lost. */
const PATIENCE = 200;

export type EchoFigures = Readonly<Record<"echoes/s" | "CPU µs/echo" | "lost", number>>;

export class Echoes {
  private readonly send: (message: Uint8Array) => void;
  private count = 0;
  private lost = 0;

  constructor(send: (message: Uint8Array) => void) {
    this.send = send;
  }

  /** An echo came back. */
  readonly heard = (): void => {
    this.count++;
    this.send(MESSAGE);
  };

  /** Measures, tells the parent, and ends the process. */
  async tell(): Promise<void> {
    this.fill();
    let before = 0;
    const watch = setInterval(() => {
      if (this.count === before) {
        this.lost += WINDOW;
        this.fill();
      }
      before = this.count;
    }, PATIENCE);
    await pause(WARM_UP);
    const figures = await this.measure();
    clearInterval(watch);
    process.send?.(figures, () => process.exit());
  }

  private fill(): void {
    for (let i = 0; i < WINDOW; i++) this.send(MESSAGE);
  }

  private async measure(): Promise<EchoFigures> {
    const [count, cpu, since] = [this.count, cpuTime(process.pid), performance.now()];
    await pause(DURATION);
    const echoes = this.count - count;
    const spent = (cpuTime(process.pid) - cpu) / 1000;
    const seconds = (performance.now() - since) / 1000;
    return { "echoes/s": round(echoes / seconds), "CPU µs/echo": round(spent / echoes, 1), lost: this.lost };
  }
}
