/** The way down: what the server asks of the valve behind the gateway, one thing after the other. */
import { reasonOf } from "../src/errors.ts";
import { parsePath } from "../src/lwm2m/path.ts";
import type { Client } from "./client.ts";
import type { DemoServer } from "./server.ts";

const PREFIX = "valve-1";
/** Dimmer: where the valve shall stand, in percent. */
const SET_POINT = parsePath(`/${PREFIX}/3306/0/5851`);
/** Reboot: its steps take the device some seconds. */
const RESTART = parsePath(`/${PREFIX}/3/0/4`);
/** Set points, and a restart, over and over. */
const TURNS: readonly (number | "restart")[] = [75, 25, 60, 40, "restart"];

export class Valve {
  private readonly server: DemoServer;
  private readonly tell: (sentence: string) => void;
  private turns = 0;
  private busy = false;
  private ended = false;

  /** `tell` takes a sentence about what became of it. */
  constructor(server: DemoServer, tell: (sentence: string) => void) {
    this.server = server;
    this.tell = tell;
  }

  /** The next thing; nothing while the one before is not done, or where no client shows the valve. */
  async turn(): Promise<void> {
    const client = this.server.clients.find(({ devices }) => devices.has(PREFIX));
    if (client === undefined || this.busy || this.ended) return;
    this.busy = true;
    const turn = TURNS[this.turns++ % TURNS.length] ?? "restart";
    const sentence = await this.take(turn, client).catch(
      (error: unknown) => `the valve did not do it: ${reasonOf(error)}`,
    );
    this.busy = false;
    if (!this.ended) this.tell(sentence);
  }

  /** Asks nothing more; what is under way is of no interest. */
  end(): void {
    this.ended = true;
  }

  private async take(turn: number | "restart", client: Client): Promise<string> {
    if (turn === "restart") {
      await this.server.execute(client, RESTART);
      return `executed ${RESTART}: the valve has restarted`;
    }
    await this.server.write(client, SET_POINT, turn);
    return `wrote ${SET_POINT} = ${turn}: confirmed by the valve`;
  }
}
