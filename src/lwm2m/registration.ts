/**
 * Register, Update, De-register and their retries, for one server: Core 1.2 §6.2.1 (Register), §6.2.2 (Update), §6.2.3
 * (De-register), §6.2.1.2 (retries); Transport 1.2 §6.4.1 to §6.4.3. Which version of LwM2M is spoken is settled here too.
 */
import { type Millis, SECOND } from "../clock.ts";
import { CODE } from "../coap/codes.ts";
import type { Machine, Timeout } from "../machine.ts";
import { registerQuery } from "./links.ts";
import { RegisterRetry } from "./register-retry.ts";
import { RegistrationChanges } from "./registration-changes.ts";
import {
  type Outcome,
  outcomeOf,
  type RegistrationEffect,
  type RegistrationEvent,
  type RegistrationOptions,
  type RegistrationState,
} from "./registration-events.ts";
import { VersionChoice } from "./version-choice.ts";

export type { ServerRetry } from "./register-retry.ts";
export { ALL_VERSIONS } from "./registration-events.ts";
export type { RegistrationEffect, RegistrationEvent, RegistrationOptions, RegistrationState };

/** RFC 7252 §4.8.2: nothing of an exchange can come later. */
const EXCHANGE_LIFETIME: Millis = 247 * SECOND;
/** An orderly stop does not wait longer for a server. */
const STOP_LIMIT: Millis = 5 * SECOND;

/** What follows a De-register. */
type Afterwards =
  | { readonly type: "stop" }
  | { readonly type: "start" }
  | { readonly type: "disable"; readonly until: Millis };

export class Registration implements Machine<RegistrationEvent, RegistrationEffect> {
  private readonly options: RegistrationOptions;
  private readonly retry: RegisterRetry;
  private readonly changes: RegistrationChanges;
  private readonly version: VersionChoice;
  private state: RegistrationState = "deregistered";
  private next: Millis | undefined;
  /** The number of the newest request; an answer to any other is too late. */
  private request = 0;
  /** What that request is, while it is not answered. */
  private flight: "register" | "update" | "deregister" | undefined;
  private sentAt: Millis = 0;
  /** While the server has a registration of ours, as far as we know. */
  private location: readonly string[] | undefined;
  private afterwards: Afterwards = { type: "stop" };
  private effects: RegistrationEffect[] = [];

  constructor(options: RegistrationOptions) {
    this.options = options;
    this.retry = new RegisterRetry(options.random, options.serverRetry ?? (() => ({})));
    this.changes = new RegistrationChanges(options.lifetime);
    this.version = new VersionChoice(options.versions);
  }

  get deadline(): Millis | undefined {
    return this.next;
  }

  handle(event: RegistrationEvent | Timeout, now: Millis): RegistrationEffect[] {
    this.effects = [];
    this.dispatch(event, now);
    return this.effects;
  }

  private dispatch(event: RegistrationEvent | Timeout, now: Millis): void {
    switch (event.type) {
      case "start":
        this.start(now);
        break;
      case "stop":
        this.stop(now);
        break;
      case "answer":
      case "noAnswer":
        if (event.request === this.request) this.onOutcome(outcomeOf(event), now);
        break;
      case "objectsChanged":
        this.changes.objectsChanged();
        this.updateIfOwed("the objects have changed", now);
        break;
      case "lifetimeChanged":
        this.changes.lifetime = event.lifetime;
        this.updateIfOwed("the lifetime has changed", now);
        break;
      case "updateTriggered":
        this.changes.updateWanted();
        this.updateIfOwed("the server asked for an Update", now);
        break;
      case "suspect":
        // An Update that is under way answers the same question.
        if (this.state === "registered") this.update("a notification was not acknowledged", now);
        break;
      case "disable":
        this.disable(now + event.for, now);
        break;
      case "networkChanged":
        this.onNetworkChanged(now);
        break;
      case "timeout":
        if (this.next !== undefined && now >= this.next) this.onTimeout(now);
        break;
      default:
        event satisfies never;
    }
  }

  private start(now: Millis): void {
    if (this.state === "deregistered") this.register("start", now);
    else if (this.state === "deregistering" && this.afterwards.type === "stop") this.afterwards = { type: "start" };
  }

  private stop(now: Millis): void {
    const limit = now + STOP_LIMIT;
    this.afterwards = { type: "stop" };
    switch (this.state) {
      case "registered":
      case "updating":
        this.deregister("stop", limit, now);
        break;
      case "registering":
        // The answer to the Register will say what is to be de-registered.
        this.enter("deregistering", "stop while registering", limit);
        break;
      case "deregistering":
        this.next = Math.min(this.next ?? limit, limit);
        break;
      case "retrying":
      case "disabled":
        this.rest("stop");
        break;
      case "deregistered":
        break;
      default:
        this.state satisfies never;
    }
  }

  /** Core 1.2, Server object 4: de-register, stay away, register. */
  private disable(until: Millis, now: Millis): void {
    if (this.state === "deregistered" || this.state === "deregistering") return;
    this.afterwards = { type: "disable", until };
    if (this.location === undefined) this.finish("disabled by the server", now);
    else this.deregister("disabled by the server", now + EXCHANGE_LIFETIME, now);
  }

  /** Transport 1.2 §6.4.3: without a security layer a new address needs a new Register. */
  private onNetworkChanged(now: Millis): void {
    if (this.state === "deregistered" || this.state === "deregistering" || this.state === "disabled") return;
    this.retry.reset();
    this.register("the network has changed", now);
  }

  private onTimeout(now: Millis): void {
    if (this.flight !== undefined) this.onOutcome({ ok: false, text: "no answer" }, now);
    else if (this.state === "registered") this.update("the lifetime would end", now);
    else if (this.state === "disabled") this.register("the time of the disable is over", now);
    else this.register("retry", now);
  }

  private onOutcome(outcome: Outcome, now: Millis): void {
    const { flight } = this;
    this.flight = undefined;
    switch (flight) {
      case "register":
        if (this.state === "deregistering" && this.afterwards.type === "stop") this.onOvertaken(outcome, now);
        else this.onRegistered(outcome, now);
        break;
      case "update":
        if (outcome.ok) this.onUpdated(outcome, now);
        else this.register(`Update: ${outcome.text}`, now);
        break;
      case "deregister":
        this.finish(`De-register: ${outcome.text}`, now);
        break;
      case undefined:
        break;
      default:
        flight satisfies never;
    }
  }

  /** Where the version is what the server refuses, the next lower one follows at once. */
  private onRegistered({ ok, text, code, location }: Outcome, now: Millis): void {
    if (ok && location !== undefined) {
      this.retry.reset();
      this.accept(location, `Register: ${text}, LwM2M ${this.version.current}`, now);
    } else if (code === CODE.preconditionFailed && this.version.lower()) {
      this.register(`Register: ${text}`, now);
    } else {
      this.retryLater(ok ? `${text} without Location-Path` : text, now);
    }
  }

  /** The Register of a client that has been stopped meanwhile. */
  private onOvertaken({ ok, text, location }: Outcome, now: Millis): void {
    this.location = ok ? location : undefined;
    if (this.location === undefined) this.finish(`Register: ${text}`, now);
    else this.deregister(`Register: ${text}, too late`, this.next ?? now, now);
  }

  private onUpdated({ text, location }: Outcome, now: Millis): void {
    // A new location: the server took the Update for a Register, and has forgotten the observations.
    if (location !== undefined && location.join("/") !== this.location?.join("/")) {
      this.accept(location, `Update: ${text}, registered anew`, now);
    } else {
      this.registered(`Update: ${text}`, now);
    }
  }

  private accept(location: readonly string[], reason: string, now: Millis): void {
    this.location = location;
    this.effects.push({ type: "accepted", location, version: this.version.current });
    this.registered(reason, now);
  }

  private registered(reason: string, now: Millis): void {
    const valid = this.changes.acknowledge();
    // Counted from the request, as the server may count.
    this.enter("registered", reason, valid === undefined ? undefined : this.sentAt + valid);
    this.updateIfOwed("changed meanwhile", now);
  }

  /** Sends an Update where one is owed and none is under way; what changes meanwhile goes in one after it. */
  private updateIfOwed(reason: string, now: Millis): void {
    if (this.state === "registered" && this.changes.owed) this.update(reason, now);
  }

  private update(reason: string, now: Millis): void {
    const { location = [] } = this;
    this.send("update", now);
    this.enter("updating", reason, now + EXCHANGE_LIFETIME);
    const parts = this.changes.take();
    this.effects.push({ type: "update", request: this.request, location, version: this.version.current, ...parts });
  }

  private register(reason: string, now: Millis): void {
    const { endpoint, binding, queueMode } = this.options;
    const { current: version } = this.version;
    this.location = undefined;
    this.send("register", now);
    this.enter("registering", reason, now + EXCHANGE_LIFETIME);
    this.changes.takeAll();
    const query = registerQuery({ endpoint, lifetime: this.changes.lifetime, version, binding, queueMode });
    this.effects.push({ type: "register", request: this.request, version, query });
  }

  private deregister(reason: string, limit: Millis, now: Millis): void {
    const { location = [] } = this;
    this.send("deregister", now);
    this.enter("deregistering", reason, limit);
    this.effects.push({ type: "deregister", request: this.request, location });
  }

  private finish(reason: string, now: Millis): void {
    const { afterwards } = this;
    switch (afterwards.type) {
      case "stop":
        this.rest(reason);
        break;
      case "start":
        this.register("start", now);
        break;
      case "disable":
        this.rest(reason, "disabled", afterwards.until);
        break;
      default:
        afterwards satisfies never;
    }
  }

  private retryLater(reason: string, now: Millis): void {
    const { wait, exhausted } = this.retry.next();
    const last = exhausted ? "; the retries that the server set (/1/x/17 to 20) are used up" : "";
    this.enter("retrying", `Register: ${reason}${last}`, now + wait);
  }

  /** Nothing is registered and nothing under way: an answer that still comes is not wanted. */
  private rest(reason: string, state: "deregistered" | "disabled" = "deregistered", until?: Millis): void {
    this.request++;
    this.flight = undefined;
    this.location = undefined;
    this.retry.reset();
    this.enter(state, reason, until);
  }

  private send(flight: "register" | "update" | "deregister", now: Millis): void {
    this.request++;
    this.flight = flight;
    this.sentAt = now;
  }

  private enter(state: RegistrationState, reason: string, until: Millis | undefined): void {
    this.state = state;
    this.next = until;
    this.effects.push({ type: "state", state, reason, until });
  }
}
