/** What one server is told without asking for it each time: what it observes, and what `report:` entries say; by one outbox. */
import type { UnixMillis } from "../clock.ts";
import type { Logger } from "../log.ts";
import { UNRESTRAINED } from "../lwm2m/budget.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import type { ObservationId } from "../lwm2m/observation-id.ts";
import type { Path } from "../lwm2m/path.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { Connection } from "./connection.ts";
import type { Crossing } from "./crossing.ts";
import { type LocalReport, LocalReports, type ReportEntryStatus } from "./local-reports.ts";
import { type DueReport, Outbox } from "./outbox.ts";
import type { NotificationPort } from "./outbox-ports.ts";
import { Reports } from "./reports.ts";
import { SendPacks } from "./send-packs.ts";
import type { ServerOptions } from "./server-options.ts";
import type { ReportsStatus } from "./server-status.ts";
import type { Waking } from "./waking.ts";

export interface ReportingOptions {
  readonly server: ServerOptions;
  readonly crossing: Crossing;
  readonly connection: Connection;
  readonly waking: Waking;
  /** Of the registration. */
  readonly version: () => Lwm2mVersion;
  /** The server has not answered. */
  readonly onSilence: () => void;
  readonly log: Logger;
}

export class Reporting {
  /** The observations. */
  readonly reports: Reports;
  readonly outbox: Outbox;
  private readonly options: ReportingOptions;
  /** Made when something is owed for the first time. */
  private packs: SendPacks | undefined;
  /** Absent: it has no entries. */
  private readonly local: LocalReports | undefined;

  constructor(options: ReportingOptions) {
    this.options = options;
    this.reports = this.makeReports();
    this.outbox = this.reports.outbox;
    this.reports.adopt(options.crossing.history.observations());
    this.local = this.makeLocalReports();
  }

  /** What is reported without being observed gathers before anybody has registered us. */
  start(): void {
    this.local?.start();
  }

  stop(): void {
    this.reports.stop();
    this.local?.stop();
    this.packs?.stop();
  }

  /** It may be another server by now: what it did not take it may take. */
  registered(): void {
    this.packs?.registered();
  }

  /** Values of any tree changed, by their own paths; `gone` are shown ones. */
  changed(samples: readonly Sample[], gone: readonly Path[]): void {
    this.reports.changed(this.options.crossing.changed(samples), gone);
    this.local?.changed(samples);
  }

  /** The clock is right now: the machine started then. */
  dated(started: UnixMillis): void {
    this.local?.dated(started);
  }

  /** Devices came, went or became others; with a prefix: what servers fill there did. */
  treesChanged(prefix?: string): void {
    this.local?.look(prefix);
  }

  /** A budget allows more or less than before. */
  restraintChanged(): void {
    this.reports.attributesChanged();
    this.local?.restraintChanged();
    this.outbox.restraintChanged();
  }

  entries(): readonly ReportEntryStatus[] {
    return this.local?.status() ?? [];
  }

  status(): ReportsStatus {
    const { dropped, ...counters } = this.outbox.counters;
    const packs = this.packs ?? this.makePacks();
    const { obstacle } = packs;
    const { history, shortServerId } = this.options.server;
    const kept = history.dropped(shortServerId);
    return {
      ...counters,
      dropped: { ...kept, ...dropped, hqmax: kept.hqmax + dropped.hqmax },
      delivery: packs.delivery(),
      ...(obstacle === undefined ? {} : { sendObstacle: obstacle }),
    };
  }

  private makeReports(): Reports {
    const { server, crossing, connection, waking } = this.options;
    const { shortServerId, observations, clock, view, storing, keep, maxMessage } = server;
    return new Reports({
      server: shortServerId,
      machine: observations,
      clock,
      treeOf: view.treeOf,
      latest: (path) => view.latest(path),
      mayRead: view.mayRead,
      storing,
      ownerOf: (path) => crossing.ownerOf(path),
      onEvaluation: crossing.onEvaluation,
      onObserving: () => server.onToKeep?.(),
      notifier: {
        notify: (exchange, notification, message, confirmable) =>
          waking.whenAwake({
            run: () => connection.notify(exchange, notification, message, confirmable),
            // What was observed is void with the registration.
            drop: () => {},
          }),
        withdraw: (exchange, notification) => connection.withdraw(exchange, notification),
        endObservation: (exchange) => connection.endObservation(exchange),
      },
      keep,
      maxMessage,
      makeOutbox: (notifications) => this.makeOutbox(notifications),
    });
  }

  private makeOutbox(notifications: () => NotificationPort): Outbox {
    const { server, crossing, waking, log } = this.options;
    return new Outbox(() => {
      const { nstart, ackTimeout, maxMessage, clock, restraint = () => UNRESTRAINED } = server;
      const { history } = crossing;
      const deviceOf = (id: ObservationId): string => crossing.deviceOf(id);
      const onWaiting = () => waking.wake();
      this.packs = this.makePacks();
      return {
        ...{ history, notifications: notifications(), packs: this.packs, nstart, ackTimeout, maxMessage, restraint },
        ...{ clock, log, deviceOf, onWaiting },
      };
    });
  }

  private makePacks(): SendPacks {
    const { server, connection, version, onSilence, log } = this.options;
    const { delivery, view, muted = () => false, clock } = server;
    return new SendPacks({
      history: delivery,
      treeOf: view.treeOf,
      mayRead: view.mayRead,
      version,
      muted,
      begin: (message) => connection.begin(message),
      onDelivered: (number) => this.outbox.onDelivered(number),
      onFailed: (number) => this.outbox.onFailed(number),
      onSilence,
      onReady: () => this.outbox.kick(),
      clock,
      log,
    });
  }

  private makeLocalReports(): LocalReports | undefined {
    const { server } = this.options;
    const { shortServerId, reports = [], clock, view, onEvaluation } = server;
    if (reports.length === 0) return undefined;
    return new LocalReports({
      server: shortServerId,
      entries: reports,
      clock,
      treeOf: view.own.treeOf,
      prefixes: view.own.prefixes,
      latest: (path) => view.own.latest(path),
      onEvaluation,
      floor: () => server.restraint?.().pmin ?? 0,
      onDue: (due) => this.outbox.addAll(due.flatMap((report) => this.owed(report))),
    });
  }

  private owed({ id, samples, keep, urgent }: LocalReport): readonly DueReport[] {
    const { server, crossing } = this.options;
    const { mayRead = () => true } = server.view;
    const shown = crossing.shown(samples).filter(({ path }) => mayRead(path));
    if (shown.length === 0) return [];
    const report = { samples: shown, confirmable: true, urgent };
    return [{ id, report, keep: server.storing() ? (keep ?? server.keep) : 0 }];
  }
}
