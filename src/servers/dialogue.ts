/** What is said over the connection to one server: what it asks, what it is told, and what is sent to it unasked. */
import type { Logger } from "../log.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import type { RegistrationState } from "../lwm2m/registration.ts";
import { Audit } from "./audit.ts";
import { typesIn } from "./composite.ts";
import type { Connection } from "./connection.ts";
import type { Crossing } from "./crossing.ts";
import { Reporting } from "./reporting.ts";
import { Requests } from "./requests.ts";
import { Sender } from "./send.ts";
import type { ServerOptions } from "./server-options.ts";
import { Serving } from "./serving.ts";
import type { Waking } from "./waking.ts";

export interface DialogueOptions {
  readonly server: ServerOptions;
  readonly crossing: Crossing;
  readonly connection: Connection;
  readonly waking: Waking;
  readonly state: () => RegistrationState;
  /** Of the registration. */
  readonly version: () => Lwm2mVersion;
  /** The server has not answered what it was sent. */
  readonly onUnanswered: () => void;
  readonly log: Logger;
}

export class Dialogue {
  readonly reporting: Reporting;
  readonly serving: Serving;
  readonly sender: Sender;
  private readonly waking: Waking;
  /** Absent: what it writes is not logged. */
  private readonly audit: Audit | undefined;

  constructor(options: DialogueOptions) {
    const { onUnanswered } = options;
    this.waking = options.waking;
    this.reporting = new Reporting({
      ...options,
      onSilence: () => {
        this.pause();
        onUnanswered();
      },
    });
    this.audit = auditOf(options);
    this.serving = servingOf(options, this.reporting, this.audit);
    this.sender = senderOf(options);
  }

  /** What is reported without being observed gathers before anybody has registered us. */
  start(): void {
    this.reporting.start();
  }

  stop(): void {
    this.audit?.stop();
    this.reporting.stop();
  }

  /** Whether anything is to be said that the server waits for, or that waits for the server. */
  get busy(): boolean {
    return this.serving.busy || this.reporting.outbox.busy;
  }

  /** We are registered: what is owed goes before what was asked for meanwhile. */
  resume(): void {
    this.reporting.outbox.resume();
    this.waking.ready();
    this.serving.release();
  }

  /** Nothing more is reported before `resume`. */
  pause(): void {
    this.reporting.outbox.pause();
  }

  /** There is no registration. What was asked is answered only if the next one is already on its way. */
  suspend(state: RegistrationState): void {
    this.pause();
    this.waking.lost();
    if (state !== "registering") this.serving.drop();
  }

  /** The connection is gone: whoever observed has to do so again. */
  disconnected(): void {
    this.serving.disconnected();
    this.pause();
  }
}

function auditOf({ server: { view, clock, audited = false }, log }: DialogueOptions): Audit | undefined {
  if (!audited) return undefined;
  const { paths } = view;
  return new Audit({
    ...{ log: log.unlimited ?? log, clock, typeOf: typesIn(view.treeOf) },
    own: (shown) => (paths === undefined ? shown : paths.own(shown)),
  });
}

function servingOf(options: DialogueOptions, { reports }: Reporting, audit: Audit | undefined): Serving {
  const { server, connection, state, version, log } = options;
  const { view, attributes } = server;
  const treeOf = view.requested ?? view.treeOf;
  const requests = new Requests({ treeOf, attributes, version, log, ...(audit === undefined ? {} : { audit }) });
  return new Serving({ connection, requests, reports, state });
}

function senderOf({ server, crossing, connection, ...options }: DialogueOptions): Sender {
  const { state, version, waking, onUnanswered } = options;
  const { view, clock, muted = () => false } = server;
  return new Sender({
    ...{ treeOf: view.treeOf, clock, state, version, muted, waking },
    shown: (samples) => crossing.shown(samples),
    request: (message) => connection.request(message),
    onSilence: onUnanswered,
  });
}
