/** The servers of one gateway as they are registered at one after the other: Server object 13 to 15. */
import type { Millis } from "../clock.ts";
import { RegistrationSequence, type Sequenced, type Turn } from "../lwm2m/registration-sequence.ts";

/** How a registration is told of its turn. */
export interface TurnPort {
  /** It may begin, when its delay is over. */
  start(after: Millis): void;
  hold(reason: string): void;
}

/** What one registration has of the order. */
export interface TurnPlace {
  /** Calls `start` when its turn has come, which may be at once; until then `hold`, with the reason, whenever that is another. */
  take(port: TurnPort): void;
  /** It does not want to begin any more. */
  leave(port: TurnPort): void;
  /** Also where a registration of before goes on. */
  registered(): void;
  failed(): void;
  /** Of devices that are clients of the same server: the gateway's own registration goes first, where it has to wait itself. */
  readonly devices?: TurnPlace;
}

interface Waiter {
  readonly turn: () => Turn;
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
    const { sequence } = this;
    const settle = (report: () => void): void => {
      report();
      for (const port of [...this.waiting.keys()]) this.tell(port);
    };
    const devicesTurn = (): Turn => {
      const waits = sequence.isOrdered(server) || delay() > 0;
      return waits && !sequence.isSettled(server) ? { type: "wait", reason: GATEWAY_FIRST } : { type: "now" };
    };
    return {
      ...this.queueing(() => sequence.turnOf(server), delay),
      registered: () => settle(() => sequence.registered(server)),
      failed: () => settle(() => sequence.failed(server)),
      devices: { ...this.queueing(devicesTurn, () => 0), registered() {}, failed() {} },
    };
  }

  private queueing(turn: () => Turn, delay: () => Millis): Pick<TurnPlace, "take" | "leave"> {
    return {
      take: (port) => {
        this.waiting.set(port, { turn, delay, told: "" });
        this.tell(port);
      },
      leave: (port) => {
        this.waiting.delete(port);
      },
    };
  }

  private tell(port: TurnPort): void {
    const waiter = this.waiting.get(port);
    if (waiter === undefined) return;
    const turn = waiter.turn();
    if (turn.type === "now") {
      this.waiting.delete(port);
      port.start(waiter.delay());
    } else if (turn.reason !== waiter.told) {
      waiter.told = turn.reason;
      port.hold(turn.reason);
    }
  }
}

const GATEWAY_FIRST = "the gateway itself has its turn first (priority, initial_delay)";
