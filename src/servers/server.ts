/** One LwM2M Server: registration, requests and reports over one connection. The north, joined. */
import { type Millis, SECOND, type UnixMillis } from "../clock.ts";
import type { ExchangeId } from "../coap/endpoint.ts";
import type { Logger } from "../log.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import type { ObservationId } from "../lwm2m/observation-id.ts";
import { makePath, type Path } from "../lwm2m/path.ts";
import type { RegistrationEvent, RegistrationState } from "../lwm2m/registration.ts";
import type { Sample } from "../lwm2m/sample.ts";
import { Connection } from "./connection.ts";
import { Continuity } from "./continuity.ts";
import { type Crossing, crossingOf } from "./crossing.ts";
import { Dialogue } from "./dialogue.ts";
import { NOTHING_KEPT } from "./kept-state.ts";
import { Registrar, type Standing } from "./registrar.ts";
import type { Reporting } from "./reporting.ts";
import type { SendOutcome, SendRequest } from "./send.ts";
import type { ServerOptions } from "./server-options.ts";
import type { ServerStatus } from "./server-status.ts";
import { QueueMode } from "./transport/queue-mode.ts";
import { Waking } from "./waking.ts";

/** The length of its window is nobody's concern. */
const ALWAYS_AWAKE = { enabled: false, awake: SECOND };

export class Server {
  readonly shortServerId: number;
  private readonly options: ServerOptions;
  private readonly log: Logger;
  private readonly crossing: Crossing;
  private readonly radio: QueueMode;
  private readonly waking: Waking;
  private readonly connection: Connection;
  private readonly registrar: Registrar;
  private readonly dialogue: Dialogue;
  private readonly reporting: Reporting;
  private readonly continuity: Continuity;
  private registration: { readonly location: string; readonly version: Lwm2mVersion } | undefined;
  private onStopped: () => void = () => {};

  constructor(options: ServerOptions) {
    const { shortServerId, clock, coap } = options;
    this.options = options;
    this.shortServerId = shortServerId;
    this.log = options.log.child({ server: shortServerId });
    this.crossing = crossingOf(options);
    this.radio = this.makeRadio();
    this.waking = new Waking({
      asleep: () => this.radio.asleep,
      update: () => this.registrar.handle({ type: "awake" }),
    });
    this.connection = new Connection(this.radio, coap, clock, {
      onRequest: (exchange, message, part) => this.dialogue.serving.receive(exchange, message, part),
      onBroken: (stream) => this.dialogue.serving.broken(stream),
      onDelivered: (notification) => this.reporting.outbox.onDelivered(notification),
      onFailed: (notification, reason, exchange) => this.onUndelivered(notification, reason, exchange),
      onCancelled: (exchange) => this.dialogue.serving.cancel(exchange),
      onReserved: (numbers) => this.continuity.reserved(numbers),
      onLost: (reason, wait) => this.onLost(reason, wait),
      onRenewed: (reason) => this.onRenewed(reason),
      onInterrupted: (reason) => this.onInterrupted(reason),
      onSilent: () => this.onSilence(),
    });
    this.registrar = this.makeRegistrar();
    this.dialogue = this.makeDialogue();
    this.reporting = this.dialogue.reporting;
    const { kept = NOTHING_KEPT, onToKeep = () => {} } = options;
    const { connection, registrar } = this;
    const { reports } = this.reporting;
    this.continuity = new Continuity({ connection, registrar, reports, kept, onChange: onToKeep });
  }

  /** Opens the socket and begins to register. Rejects where the socket cannot be had. */
  async start(): Promise<void> {
    this.dialogue.start();
    await this.connection.open();
    const { agreement } = this.options.kept?.registration ?? {};
    if (agreement !== undefined) {
      this.registration = { location: `/${agreement.location.join("/")}`, version: agreement.version };
    }
    this.continuity.begin();
  }

  /** De-registers in order, waits for the answer (a few seconds at most), closes the socket. */
  async stop(): Promise<void> {
    if (this.registrar.state !== "deregistered") {
      await new Promise<void>((resolve) => {
        this.onStopped = resolve;
        this.registrar.handle({ type: "stop" });
      });
    }
    this.registrar.stop();
    this.dialogue.stop();
    await this.connection.close();
    this.options.onStopped?.();
  }

  /** Registers again, after `deregister`. */
  register(): void {
    this.registrar.begin();
  }

  /** De-registers in order, and stays away until `register`; what is owed stays. */
  deregister(): void {
    this.registrar.handle({ type: "stop" });
  }

  get standing(): Standing {
    return this.registrar.standing;
  }

  /** Also while it is told something new of us. */
  get registered(): boolean {
    const { state } = this.registrar;
    return state === "registered" || state === "updating";
  }

  /** What the process after this one needs to go on. */
  get toKeep(): Continuity["toKeep"] {
    return this.continuity.toKeep;
  }

  /** Values of any tree changed. As all that the rest of the gateway tells, it is in own paths. */
  changed(samples: readonly Sample[], gone: readonly Path[] = []): void {
    const goneHere = gone.flatMap((path) => this.crossing.within(path));
    for (const path of goneHere) this.options.attributes.remove(path);
    this.reporting.changed(samples, goneHere);
  }

  /** The clock is right now: the machine started then. */
  dated(started: UnixMillis): void {
    this.reporting.dated(started);
  }

  /** Devices came, went or became others, and who observes them has heard of it; with a prefix: what servers fill there did. */
  treesChanged(prefix?: string): void {
    if (prefix === undefined) for (const path of this.crossing.refresh()) this.forget(path);
    this.reporting.treesChanged(prefix);
  }

  /** A device, or a part of one, is gone: whoever observes it hears 4.04. */
  removed(path: Path): void {
    for (const shown of this.crossing.within(path)) this.forget(shown);
  }

  /** A device answers again, or for the first time. */
  appeared(prefix: string): void {
    this.reporting.reports.appeared(this.crossing.within(makePath({ prefix })));
  }

  /** The instances of the gateway's own objects are others now. Said once the request that made them so is answered. */
  objectsChanged(): void {
    this.onAccount({ type: "objectsChanged" });
  }

  /** Once the requests of now are answered; at once where there is none. */
  afterAnswer(act: () => void): void {
    this.dialogue.serving.afterAnswer(act);
  }

  /** They may be: where its list of objects is another one, the server hears it. */
  objectsMayHaveChanged(): void {
    if (this.registrar.isListOther) this.objectsChanged();
  }

  /** What was done to the account of this server; acted on once its own request is answered. */
  onAccount(event: RegistrationEvent): void {
    this.dialogue.serving.afterAnswer(() => {
      if (event.type === "queueModeChanged") this.radio.enabled = event.queueMode;
      this.registrar.handle(event);
    });
  }

  /** Sends values that nobody asked for, once (Core §6.4.6): all of them, or none. */
  send(request: SendRequest): Promise<SendOutcome> {
    return this.dialogue.sender.send(request);
  }

  /** /1/x/23 was written. */
  muteChanged(): void {
    this.reporting.outbox.kick();
  }

  /** It is reached by another interface from now on. Who sleeps leaves by that when it wakes. */
  uplinkChanged(reason: string): void {
    if (!this.radio.asleep) this.registrar.handle({ type: "uplinkChanged", reason });
  }

  /** A budget allows more or less than before. */
  restraintChanged(): void {
    this.reporting.restraintChanged();
  }

  /** /1/x/2, /1/x/3 or /1/x/26 was written. */
  defaultsChanged(): void {
    this.reporting.reports.attributesChanged();
  }

  /** Somebody had the history forget what waits of these observations. */
  forgotten(match: (id: ObservationId) => boolean): void {
    this.reporting.outbox.forgotten((id) => match(this.crossing.ownId(id)));
  }

  status(): ServerStatus {
    const { enabled, awakeUntil, unheard } = this.radio;
    const { counters, security } = this.options.transport;
    const entries = this.reporting.entries();
    const awake = awakeUntil === undefined ? {} : { awakeUntil };
    const layout = this.options.view.status?.();
    return {
      shortServerId: this.shortServerId,
      uri: this.options.uri,
      ...this.registrar.standing,
      ...this.registration,
      observations: this.reporting.reports.paths,
      reports: this.reporting.status(),
      ...(entries.length === 0 ? {} : { reportEntries: entries }),
      sends: this.dialogue.sender.counters,
      ...(enabled ? { queueMode: { ...awake, unheard } } : {}),
      transport: { ...counters },
      ...(security === undefined ? {} : { security }),
      ...(layout === undefined ? {} : { layout }),
    };
  }

  private forget(shown: Path): void {
    this.options.attributes.remove(shown);
    this.reporting.reports.removed(shown);
  }

  /** Of the registration; held requests are served once there is one. */
  private get version(): Lwm2mVersion {
    return this.registration?.version ?? "1.1";
  }

  private makeRadio(): QueueMode {
    const { transport, queueMode = ALWAYS_AWAKE, clock } = this.options;
    return new QueueMode(transport, {
      ...queueMode,
      clock,
      busy: () => this.dialogue.busy || this.connection.busy,
      onAsleep: () => this.reporting.outbox.rest(),
    });
  }

  private makeRegistrar(): Registrar {
    const { registration: machine, transport, pace, turn, view, clock } = this.options;
    const { connection, log } = this;
    const resolve = async () => {
      if (pace !== undefined) await pace.turn();
      await transport.resolve();
    };
    const { connects = false } = transport;
    const doubt = () => transport.doubt?.();
    const source = () => ({ address: transport.localAddress, port: transport.localPort });
    const root = () => view.root;
    return new Registrar(
      { machine, connection, resolve, connects, doubt, source, root, turn, clock, log },
      {
        onAccepted: (location, version) => this.onAccepted(location, version),
        onResumed: (location, version) => this.onResumed(location, version),
        onState: (state, changed) => {
          this.onState(state);
          if (changed) this.options.onState?.();
        },
      },
    );
  }

  private makeDialogue(): Dialogue {
    const { options, connection, crossing, waking, log } = this;
    return new Dialogue({
      ...{ server: options, connection, crossing, waking, log },
      state: () => this.registrar.state,
      version: () => this.version,
      onUnanswered: () => this.onUnanswered(),
    });
  }

  /** An RST means that the observation is over; silence puts the whole session in doubt. */
  private onUndelivered(notification: number, reason: "timeout" | "reset", exchange: ExchangeId): void {
    switch (reason) {
      case "reset":
        // To a message from an address that the server does not know yet: the Register that is under way ends the observation.
        if (this.registrar.state !== "registering") this.reporting.reports.cancel(exchange);
        this.reporting.outbox.onFailed(notification);
        break;
      case "timeout":
        this.onSilence();
        this.reporting.outbox.onFailed(notification);
        break;
      default:
        reason satisfies never;
    }
  }

  /** The connection is gone. While we sleep nobody misses it: the Update that ends the sleep finds out. */
  private onLost(reason: string, wait: Millis): void {
    this.dialogue.disconnected();
    if (!this.radio.asleep) this.registrar.handle({ type: "connectionLost", reason, wait });
  }

  /** It began for a request of ours. */
  private onRenewed(reason: string): void {
    this.dialogue.disconnected();
    this.registrar.handle({ type: "sessionRenewed", reason });
  }

  /** The server may still know us, and what it observed. */
  private onInterrupted(reason: string): void {
    this.dialogue.pause();
    if (!this.radio.asleep) this.registrar.handle({ type: "interrupted", reason });
  }

  /** Nothing more is sent before the server has answered an Update. */
  private onSilence(): void {
    this.dialogue.pause();
    this.onUnanswered();
  }

  private onUnanswered(): void {
    this.options.transport.doubt?.();
    this.registrar.handle({ type: "suspect" });
  }

  private onAccepted(location: readonly string[], version: Lwm2mVersion): void {
    this.registration = { location: `/${location.join("/")}`, version };
    this.options.onRegistered?.(version);
    this.reporting.registered();
    this.reporting.reports.clear();
  }

  /** The registration of the process before this one: its observations go on. */
  private onResumed(location: readonly string[], version: Lwm2mVersion): void {
    this.registration = { location: `/${location.join("/")}`, version };
    this.options.onRegistered?.(version);
    this.reporting.registered();
    this.reporting.reports.endMissing();
  }

  private onState(state: RegistrationState): void {
    if (state === "registered") {
      this.dialogue.resume();
    } else if (state !== "updating") {
      this.registration = undefined;
      this.dialogue.suspend(state);
    }
    // Core §6.2.3: with a De-register, also the one of a Disable, the observations are gone.
    if (state === "deregistered" || state === "disabled") this.reporting.reports.clear();
    // Core, Server object 4: who is disabled leaves the server alone. Datagrams have no connection to close.
    if (state === "deregistered" || state === "disabled") this.connection.leave();
    this.options.onToKeep?.();
    if (state === "deregistered") this.onStopped();
  }
}
