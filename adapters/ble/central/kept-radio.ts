/** One adapter that is kept: opened, watched, closed and opened anew. */
import {
  type AdapterContext,
  DeviceError,
  type Drive,
  drive,
  type Logger,
  type Millis,
  reasonOf,
  SECOND,
} from "../../../src/adapter.ts";
import { withDeadline } from "../../wires/deadline.ts";
import type { Advertisement, Radio, RadioListener, RadioState } from "../radio/radio.ts";
import { type LifeEffect, type LifeEvent, RadioLife } from "./radio-life.ts";

/** Opens the adapter, or starts to: a radio that is not there yet says `unavailable`, and goes on trying. */
export type OpenRadio = (listener: RadioListener) => Promise<Radio>;

export interface KeptRadioListener {
  onUp(radio: Radio): void;
  /** Also where it was not up, and the reason is another one. */
  onDown(reason: string): void;
  onAdvertisement(advertisement: Advertisement): void;
  /** Listening may have ended in silence. */
  onRescan(): void;
}

/** How long it may take to say that it lives … */
const PROBE: Millis = 10 * SECOND;
/** … and to close. */
const CLOSE: Millis = 10 * SECOND;

export class KeptRadio {
  /** What of the use of the adapter says how it is. */
  readonly feed: Drive<LifeEvent>;
  private readonly openRadio: OpenRadio;
  private readonly listener: KeptRadioListener;
  private readonly context: AdapterContext;
  private readonly log: Logger;
  private readonly life = new RadioLife();
  /** Counts up with each that is opened: what an old one says is ignored. */
  private generation = 0;
  private radio: Radio | undefined;
  private closing: Promise<void> = Promise.resolve();

  constructor(open: OpenRadio, listener: KeptRadioListener, context: AdapterContext) {
    this.openRadio = open;
    this.listener = listener;
    this.context = context;
    this.log = context.log;
    this.feed = drive(this.life, context.clock, (effect) => this.perform(effect));
  }

  start(): void {
    this.feed({ type: "start" });
  }

  /** Undefined before the first word of it. */
  get state(): RadioState | undefined {
    return this.life.state;
  }

  /** Never rejects. */
  async close(): Promise<void> {
    this.feed.stop();
    this.end();
    await this.closing;
  }

  private perform(effect: LifeEffect): void {
    switch (effect.type) {
      case "open":
        this.open();
        return;
      case "close":
        this.end();
        void this.closing.then(() => this.feed({ type: "closed" }));
        return;
      case "up":
        if (this.radio !== undefined) this.listener.onUp(this.radio);
        return;
      case "down":
        this.listener.onDown(effect.reason);
        return;
      case "probe":
        this.probe();
        return;
      case "rescan":
        this.listener.onRescan();
        return;
      case "report":
        this.report(effect.state);
        return;
      default:
        effect satisfies never;
    }
  }

  private open(): void {
    const generation = ++this.generation;
    const isCurrent = (): boolean => generation === this.generation;
    const listener: RadioListener = {
      onState: (state) => {
        if (isCurrent()) this.feed({ type: "state", state });
      },
      onAdvertisement: (advertisement) => {
        if (!isCurrent()) return;
        this.feed({ type: "heard" });
        this.listener.onAdvertisement(advertisement);
      },
    };
    this.openRadio(listener).then(
      (radio) => {
        if (!isCurrent()) {
          this.dispose(radio);
          return;
        }
        this.radio = radio;
        this.feed({ type: "opened" });
      },
      (error: unknown) => {
        if (!(error instanceof DeviceError)) throw error;
        if (isCurrent()) this.feed({ type: "open-failed", reason: error.message });
      },
    );
  }

  /** Nothing is heard of it from now on. */
  private end(): void {
    this.generation++;
    const { radio } = this;
    this.radio = undefined;
    if (radio !== undefined) this.dispose(radio);
  }

  /** An adapter may be open once only: the next waits. */
  private dispose(radio: Radio): void {
    const late = (): Error => new DeviceError("unreachable", "the adapter does not close");
    const closed = withDeadline(radio.close(), { clock: this.context.clock, span: CLOSE, late });
    const done = closed.catch((error: unknown) => this.log.debug({ reason: reasonOf(error) }, "not closed"));
    this.closing = Promise.all([this.closing, done]).then(() => {});
  }

  private probe(): void {
    const { radio, generation } = this;
    if (radio === undefined) return;
    const late = (): Error => new DeviceError("unreachable", "the adapter does not answer");
    // One second more: what the radio says itself is better.
    withDeadline(radio.probe(PROBE), { clock: this.context.clock, span: PROBE + SECOND, late }).then(
      () => this.isOpen(generation) && this.feed({ type: "probed" }),
      (error: unknown) => this.isOpen(generation) && this.feed({ type: "probe-failed", reason: reasonOf(error) }),
    );
  }

  private isOpen(generation: number): boolean {
    return generation === this.generation;
  }

  private report(state: RadioState): void {
    if (state.state === "ready") this.log.info({}, "adapter ready");
    else this.log.warn({ code: "LG559" }, `adapter unavailable: ${state.reason}`);
  }
}
