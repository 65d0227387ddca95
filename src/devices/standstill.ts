import type { DeviceSession } from "./device-session.ts";

export interface StandstillPort {
  /** From now on the device is asked for nothing by itself, for this reason; said again where the reason is another. */
  onStopped(state: Paused, reason: string): void;
  /** It is looked for again. */
  onOver(): void;
}

interface Hold {
  readonly reason: string;
}

/** `held`: its link is lent to a program that has it for an update. */
type Paused = "paused" | "held";

/**
 * Why a device is not asked, though it may be there: somebody paused its link, which takes it away from everybody, or it is held
 * for somebody who alone may ask it. Both may be so at a time.
 */
export class Standstill {
  private readonly session: Pick<DeviceSession, "pause" | "resume" | "hold">;
  private readonly port: StandstillPort;
  private paused: { readonly state: Paused; readonly reason: string } | undefined;
  private holds: readonly Hold[] = [];

  constructor(session: Pick<DeviceSession, "pause" | "resume" | "hold">, port: StandstillPort) {
    this.session = session;
    this.port = port;
  }

  /**
   * Nothing is asked of it until `resume`, and servers hear nothing of that; `reason`: why, for whoever reads or writes it
   * meanwhile. Resolves when it is detached. Before the device has started too. Never rejects.
   */
  async pause(reason: string, state: Paused = "paused"): Promise<void> {
    this.paused = { state, reason };
    this.tell();
    await this.session.pause(reason);
  }

  resume(): void {
    this.paused = undefined;
    this.session.resume();
    this.tell();
  }

  /** The same, but that it stays attached and its holder may ask. Ends by what it returns, once. */
  hold(reason: string): () => void {
    const hold = { reason };
    this.setHolds([...this.holds, hold]);
    return () => {
      if (this.holds.includes(hold)) this.setHolds(this.holds.filter((other) => other !== hold));
    };
  }

  private setHolds(holds: readonly Hold[]): void {
    this.holds = holds;
    this.session.hold(holds[0]?.reason);
    this.tell();
  }

  private tell(): void {
    const [hold] = this.holds;
    if (this.paused !== undefined) this.port.onStopped(this.paused.state, this.paused.reason);
    else if (hold !== undefined) this.port.onStopped("held", hold.reason);
    else this.port.onOver();
  }
}
