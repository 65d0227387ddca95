import type { FirmwareProbe, Transfer, TransferListener } from "../adapter.ts";
import type { Clock, Millis } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import type { DeviceError } from "../errors.ts";

export interface TransferGuard {
  readonly clock: Clock;
  /** A call in which nothing moves for so long is given up. */
  readonly longest: Millis;
  /** The device gave a sign of life. */
  onHeard(): void;
  /** What a failure is for whoever asked. */
  failure(cause: unknown): DeviceError;
  onClosed(): void;
}

/** A transfer of an adapter that ends when its device is taken away, and is not believed to be under way where nothing moves. */
export class GuardedTransfer implements Transfer {
  private readonly inner: Transfer;
  private readonly guard: TransferGuard;
  /** Ends of the calls that are on their way. */
  private readonly calls = new Set<(reason: DeviceError) => void>();
  private lost: DeviceError | undefined;
  private closing: Promise<void> | undefined;

  constructor(inner: Transfer, guard: TransferGuard) {
    this.inner = inner;
    this.guard = guard;
  }

  probe(): Promise<FirmwareProbe> {
    return this.call(() => this.inner.probe());
  }

  send(offset: number, listener: TransferListener): Promise<void> {
    return this.call((moves) =>
      this.inner.send(offset, {
        onAcknowledged: (acknowledged) => {
          if (moves()) listener.onAcknowledged(acknowledged);
        },
        onCookie: (cookie) => {
          if (moves()) listener.onCookie(cookie);
        },
      }),
    );
  }

  act(word: string): Promise<void> {
    return this.call(() => this.inner.act(word));
  }

  abort(): Promise<void> {
    return this.call(() => this.inner.abort());
  }

  close(): Promise<void> {
    this.closing ??= this.closeInner();
    return this.closing;
  }

  /** It is over: what is on its way ends with this, and whatever is asked afterwards. Resolves when the wire is given back. */
  async lose(reason: DeviceError): Promise<void> {
    this.lost ??= reason;
    for (const end of [...this.calls]) end(reason);
    await this.close();
  }

  private async closeInner(): Promise<void> {
    try {
      await this.inner.close();
    } catch (cause) {
      this.guard.failure(cause);
    } finally {
      this.guard.onClosed();
    }
  }

  /** `moves` says that the device has got something, and returns whether anybody still listens. */
  private call<T>(work: (moves: () => boolean) => Promise<T>): Promise<T> {
    if (this.lost !== undefined) return Promise.reject(this.lost);
    const { clock, longest } = this.guard;
    return new Promise((resolve, reject) => {
      let moved = clock.monotonic();
      const end = (error: DeviceError): void => {
        this.calls.delete(end);
        cancel();
        reject(error);
      };
      const ring = (): void => {
        const due = moved + longest;
        if (clock.monotonic() < due) cancel = clock.at(due, ring);
        else end(this.guard.failure(new Error(`nothing of a transfer moved for ${formatDuration(longest)}`)));
      };
      let cancel = clock.at(moved + longest, ring);
      const isWaiting = (): boolean => this.calls.has(end);
      this.calls.add(end);
      const moves = (): boolean => {
        moved = clock.monotonic();
        if (isWaiting()) this.guard.onHeard();
        return isWaiting();
      };
      work(moves).then(
        (result) => {
          if (!moves()) return;
          this.calls.delete(end);
          cancel();
          resolve(result);
        },
        (cause) => isWaiting() && end(this.guard.failure(cause)),
      );
    });
  }
}
