/** The servers of one gateway as they are registered at one after the other: Server object 13 to 15. */
import type { Millis } from "../clock.ts";
import { RegistrationSequence, type Sequenced } from "../lwm2m/registration-sequence.ts";

/** How a server is told of its turn. */
export interface TurnPort {
  /** It may be registered at, when its delay is over. */
  start(after: Millis): void;
  hold(reason: string): void;
}

/** What one server has of the order. */
export interface TurnPlace {
  /** Calls `start` when its turn has come, which may be at once; until then `hold`, with the reason, whenever that is another. */
  take(port: TurnPort): void;
  /** Also where a registration of before goes on. */
  registered(): void;
  failed(): void;
}

interface Waiter {
  readonly server: number;
  readonly delay: () => Millis;
  /** Why it waits, as it was told last. */
  told: string;
}

export class RegistrationOrder {
  private readonly sequence: RegistrationSequence;
  private readonly waiting = new Map<TurnPort, Waiter>();

  constructor(servers: readonly Sequenced[]) {
    this.sequence = new RegistrationSequence(servers);
  }

  /** `delay`: /1/x/14, asked when the turn has come. */
  placeOf(server: number, delay: () => Millis): TurnPlace {
    const settle = (report: () => void): void => {
      report();
      for (const port of [...this.waiting.keys()]) this.tell(port);
    };
    return {
      take: (port) => {
        this.waiting.set(port, { server, delay, told: "" });
        this.tell(port);
      },
      registered: () => settle(() => this.sequence.registered(server)),
      failed: () => settle(() => this.sequence.failed(server)),
    };
  }

  private tell(port: TurnPort): void {
    const waiter = this.waiting.get(port);
    if (waiter === undefined) return;
    const turn = this.sequence.turnOf(waiter.server);
    if (turn.type === "now") {
      this.waiting.delete(port);
      port.start(waiter.delay());
    } else if (turn.reason !== waiter.told) {
      waiter.told = turn.reason;
      port.hold(turn.reason);
    }
  }
}
