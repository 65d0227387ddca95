/** What observations owe as messages to the server, each as long as it fits. */
import type { Clock } from "../clock.ts";
import type { ExchangeId } from "../coap/endpoint.ts";
import type { CoapMessage } from "../coap/options.ts";
import type { ObservationId } from "../lwm2m/observation-id.ts";
import { type Path, prefixOf } from "../lwm2m/path.ts";
import type { TreeOf } from "../lwm2m/tree.ts";
import { typesIn } from "./composite.ts";
import type { Report } from "./debt.ts";
import type { LiveObservation, LiveObservations } from "./live-observations.ts";
import { MessageFit } from "./message-fit.ts";
import type { Composed, NotificationPort } from "./outbox-ports.ts";
import { composed, readableReports } from "./report-batch.ts";

/** What notifications need of the connection. */
export interface Notifier {
  notify(exchange: ExchangeId, notification: number, message: CoapMessage, confirmable: boolean): void;
  /** Gives it up: nothing more of it is sent or heard. */
  withdraw(exchange: ExchangeId, notification: number): void;
  endObservation(exchange: ExchangeId): void;
}

export interface NotificationsOptions {
  readonly clock: Clock;
  readonly treeOf: TreeOf;
  /** Absent: the server may read everything. */
  readonly mayRead?: ((path: Path) => boolean) | undefined;
  readonly notifier: Notifier;
  /** Bytes of payload up to which reports are put together. */
  readonly maxMessage: number;
}

export class Notifications implements NotificationPort {
  private readonly live: LiveObservations;
  private readonly options: NotificationsOptions;
  /** By content format: how much one message takes. */
  private readonly fits = new Map<number, MessageFit>();

  constructor(live: LiveObservations, options: NotificationsOptions) {
    this.live = live;
    this.options = options;
  }

  compose(id: ObservationId, reports: readonly Report[]): Composed | undefined {
    const live = this.live.get(id);
    const { treeOf, mayRead, clock } = this.options;
    const told = readableReports(reports, mayRead);
    if (live === undefined || !this.isThere(live) || told.length === 0) return undefined;
    const { undated } = clock;
    return composed(live, told, typesIn(treeOf), { fit: this.fitOf(live.codec.contentFormat), undated });
  }

  transmit(id: ObservationId, notification: number, { message, confirmable }: Composed): void {
    const live = this.live.get(id);
    if (live === undefined) return;
    const { notifier, clock } = this.options;
    notifier.notify(live.exchange, notification, message, live.signs.next(confirmable, clock.monotonic()));
  }

  withdraw(id: ObservationId, notification: number): void {
    const live = this.live.get(id);
    if (live !== undefined) this.options.notifier.withdraw(live.exchange, notification);
  }

  carriesTime(id: ObservationId): boolean | undefined {
    return this.live.get(id)?.codec.carriesTime;
  }

  private isThere({ composite, paths }: LiveObservation): boolean {
    return composite || paths.every((path) => this.options.treeOf(prefixOf(path)) !== undefined);
  }

  private fitOf(contentFormat: number): MessageFit {
    let fit = this.fits.get(contentFormat);
    if (fit !== undefined) return fit;
    fit = new MessageFit(this.options.maxMessage);
    this.fits.set(contentFormat, fit);
    return fit;
  }
}
