/** The edge fake "datagram wire": what an unreliable network does to datagrams, the same in every run of a seed. */
import { type Clock, type Millis, randomFraction } from "../../src/clock.ts";
import { type Drive, drive, type Machine } from "../../src/machine.ts";
import { fakeRandom } from "./fake-clock.ts";

export interface WireOptions {
  readonly seed?: number;
  /** The share of datagrams that is lost, 0 to 1. */
  readonly loss?: number;
  /** The share of datagrams that arrives twice. */
  readonly duplicates?: number;
  /** The shortest and the longest way; where they differ, datagrams overtake each other. */
  readonly delay?: readonly [Millis, Millis];
}

export class Wire {
  private readonly clock: Clock;
  private readonly options: Required<WireOptions>;
  private readonly fraction: () => number;
  /** What was handed in, and what came out at the other end. */
  readonly counts = { sent: 0, arrived: 0 };
  /** While true nothing arrives: a cable that is pulled. */
  cut = false;

  constructor(clock: Clock, options: WireOptions = {}) {
    this.clock = clock;
    this.options = { seed: 1, loss: 0, duplicates: 0, delay: [1, 1], ...options };
    const random = fakeRandom(this.options.seed);
    this.fraction = () => randomFraction(random);
  }

  /** Carries one datagram in one direction. */
  carry(bytes: Uint8Array, arrive: (bytes: Uint8Array) => void): void {
    this.counts.sent++;
    const copies = this.fraction() < this.options.duplicates ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) this.carryCopy(bytes.slice(), arrive);
  }

  private carryCopy(bytes: Uint8Array, arrive: (bytes: Uint8Array) => void): void {
    const lost = this.fraction() < this.options.loss;
    const [shortest, longest] = this.options.delay;
    const delay = shortest + this.fraction() * (longest - shortest);
    if (lost || this.cut) return;
    this.clock.at(this.clock.monotonic() + delay, () => {
      this.counts.arrived++;
      arrive(bytes);
    });
  }
}

interface Datagram {
  readonly type: "datagram";
  readonly bytes: Uint8Array;
}
interface Send {
  readonly type: "send";
  readonly bytes: Uint8Array;
}

/** A machine that speaks in datagrams, and what is to become of its other effects. */
export interface End<Event, Effect> {
  readonly machine: Machine<Event | Datagram, Effect | Send>;
  readonly perform: (effect: Effect) => void;
}

/** Joins two machines by a wire; returns what feeds each of them. */
export function join<EventA, EffectA extends { type: string }, EventB, EffectB extends { type: string }>(
  clock: Clock,
  wire: Wire,
  a: End<EventA, EffectA>,
  b: End<EventB, EffectB>,
): [Drive<EventA | Datagram>, Drive<EventB | Datagram>] {
  const feedA: Drive<EventA | Datagram> = driveEnd(clock, a, (bytes) =>
    wire.carry(bytes, (copy) => feedB(datagram(copy))),
  );
  const feedB: Drive<EventB | Datagram> = driveEnd(clock, b, (bytes) =>
    wire.carry(bytes, (copy) => feedA(datagram(copy))),
  );
  return [feedA, feedB];
}

function driveEnd<Event, Effect extends { type: string }>(
  clock: Clock,
  end: End<Event, Effect>,
  send: (bytes: Uint8Array) => void,
): Drive<Event | Datagram> {
  return drive(end.machine, clock, (effect) => {
    if (isSend(effect)) send(effect.bytes);
    else end.perform(effect);
  });
}

function isSend<Effect extends { type: string }>(effect: Effect | Send): effect is Send {
  return effect.type === "send";
}

function datagram(bytes: Uint8Array): Datagram {
  return { type: "datagram", bytes };
}
