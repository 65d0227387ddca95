/** Whether the wire of one Modbus Connection is there: 10374/x/8. */
import { type AdapterModule, DeviceError, type DeviceLink, type Link } from "../../adapter.ts";
import { type Clock, type Millis, SECOND } from "../../clock.ts";
import { STATE, type State } from "./objects.ts";

export interface WatchOptions {
  readonly adapter: AdapterModule;
  readonly openLink: () => Promise<Link>;
  readonly clock: Clock;
  readonly onChange: () => void;
}

/** When a link that cannot be opened at all is tried again. */
const AGAIN: Millis = 30 * SECOND;
/** Hears of the line of this unit; nothing is asked of it. */
const LISTENER = { unit_id: 1 };

export class ConnectionWatch {
  private readonly options: WatchOptions;
  private link: Link | undefined;
  private ear: DeviceLink | undefined;
  private current: State = STATE.connecting;
  private why: string | undefined;
  private begun = false;
  private closed = false;
  private paused = false;
  private attempt = 0;
  private cancel: (() => void) | undefined;

  constructor(options: WatchOptions) {
    this.options = options;
  }

  get state(): State {
    return this.current;
  }

  /** Why it is not connected. */
  get reason(): string | undefined {
    return this.why;
  }

  /** The link can be opened from now on. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    void this.attach();
  }

  /** Something came from the wire, or it may have been opened meanwhile. */
  look(): void {
    const lines = this.link?.report?.().lines ?? [];
    if (lines.length > 0 && lines.every(({ open }) => open)) this.set(STATE.connected);
  }

  /** Its link is closed for a while: what servers see stays as it is. */
  pause(reason: string): void {
    this.paused = true;
    this.attempt++;
    this.why = reason;
    this.cancel?.();
    void this.ear?.close();
    this.ear = undefined;
    this.link = undefined;
  }

  resume(): void {
    this.paused = false;
    this.why = undefined;
    if (this.begun) void this.attach();
  }

  close(): void {
    this.closed = true;
    this.cancel?.();
    void this.ear?.close();
  }

  private async attach(): Promise<void> {
    const { adapter, openLink, clock } = this.options;
    const attempt = ++this.attempt;
    const isOver = (): boolean => this.closed || attempt !== this.attempt;
    try {
      this.link = await openLink();
      const device = adapter.device.parse(LISTENER);
      const ear = await this.link.attach(device, new Map(), {
        onReadings: () => {},
        onReachable: (reachable, reason) => this.set(reachable ? STATE.connected : STATE.failed, reason),
      });
      if (isOver()) return void ear.close();
      this.ear = ear;
      this.look();
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      if (isOver()) return;
      this.set(STATE.failed, error.message);
      if (!this.closed) this.cancel = clock.at(clock.monotonic() + AGAIN, () => void this.attach());
    }
  }

  private set(state: State, reason?: string): void {
    if (this.closed || this.paused) return;
    this.why = state === STATE.connected ? undefined : reason;
    if (state === this.current) return;
    this.current = state;
    this.options.onChange();
  }
}
