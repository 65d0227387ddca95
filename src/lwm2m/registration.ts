/**
 * When one client registers at one server, updates, de-registers and tries again: Core 1.2 §6.2.1 (Register), §6.2.1.2
 * (retries), §6.2.2 (Update), §6.2.3 (De-register).
 */
import { type Millis, SECOND } from "../clock.ts";
import type { Machine, Timeout } from "../machine.ts";
import { RegisterRetry } from "./register-retry.ts";
import {
  type Agreement,
  type Command,
  type ConnectionLost,
  type Moved,
  type Outcome,
  outcomeOf,
  type RegistrationEffect,
  type RegistrationEvent,
  type RegistrationOptions,
  type RegistrationState,
  type Resume,
  type Standing,
} from "./registration-events.ts";
import { RegistrationRequests, type RequestEffect, type Verdict } from "./registration-requests.ts";

export type { ServerRetry } from "./register-retry.ts";
export { ALL_VERSIONS } from "./registration-events.ts";
export type { Agreement, RegistrationEffect, RegistrationEvent, RegistrationOptions, RegistrationState };

/** RFC 7252 §4.8.2: nothing of an exchange can come later. */
const EXCHANGE_LIFETIME: Millis = 247 * SECOND;
/** An orderly stop does not wait longer for a server. */
const STOP_LIMIT: Millis = 5 * SECOND;

/** A registration whose connection is lost so soon is no success: the next one takes its time. */
const SHORT_LIVED: Millis = 10 * SECOND;

/** Why an Update is sent though nothing has changed and the lifetime goes on. */
const PROBES = { suspect: "a notification was not acknowledged", awake: "awake again" } as const;

/** What follows a De-register. */
type Afterwards = { readonly type: "stop" | "start" } | { readonly type: "disable"; readonly until: Millis };

export class Registration implements Machine<RegistrationEvent, RegistrationEffect> {
  private readonly retry: RegisterRetry;
  private readonly requests: RegistrationRequests;
  private readonly outlivesConnection: boolean;
  private state: RegistrationState = "deregistered";
  private next: Millis | undefined;
  /** When the server forgets us without another Update; undefined: never. */
  private end: Millis | undefined;
  private afterwards: Afterwards = { type: "stop" };
  /** Whether the registration is one of before that the server has not confirmed yet. */
  private resuming = false;
  /** When the server took our newest Register. */
  private acceptedAt: Millis = Number.NEGATIVE_INFINITY;
  private effects: RegistrationEffect[] = [];

  constructor(options: RegistrationOptions) {
    this.outlivesConnection = options.outlivesConnection ?? false;
    this.retry = new RegisterRetry(options.random, options.serverRetry ?? (() => ({})));
    this.requests = new RegistrationRequests(options);
  }

  get deadline(): Millis | undefined {
    return this.next;
  }

  /** What the server has taken, and when that was sent; undefined while it has no registration of ours that we know of. */
  get agreement(): (Agreement & { readonly sentAt: Millis }) | undefined {
    return this.state === "deregistering" ? undefined : this.requests.agreement;
  }

  handle(event: RegistrationEvent | Timeout, now: Millis): RegistrationEffect[] {
    switch (event.type) {
      case "start":
      case "hold":
      case "resume":
      case "stop":
        this.command(event, now);
        break;
      case "answer":
      case "noAnswer":
        if (this.requests.isNewest(event.request)) this.onOutcome(outcomeOf(event), now);
        break;
      case "objectsChanged":
      case "lifetimeChanged":
      case "queueModeChanged":
      case "updateTriggered":
        this.updateIfOwed(this.requests.note(event), now);
        break;
      case "suspect":
      case "awake":
        // An Update that is under way says the same.
        if (this.state === "registered") this.update(PROBES[event.type], now);
        break;
      case "disable":
        this.disable(now + event.for, now);
        break;
      case "networkChanged":
      case "uplinkChanged":
      case "connectionLost":
      case "interrupted":
      case "sessionRenewed":
        this.onMoved(event, now);
        break;
      case "timeout":
        this.onTimeout(now);
        break;
      default:
        event satisfies never;
    }
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  private command(event: Command, now: Millis): void {
    switch (event.type) {
      case "start":
        this.start(event.after ?? 0, now);
        break;
      case "hold":
        if (!this.isBegun) this.enter("waiting", event.reason, undefined);
        break;
      case "resume":
        this.resume(event, now);
        break;
      case "stop":
        this.stop(now);
        break;
      default:
        event satisfies never;
    }
  }

  private start(after: Millis, now: Millis): void {
    if (!this.isBegun && after > 0) this.enter("waiting", "the initial delay (/1/x/14)", now + after);
    else if (!this.isBegun) this.register("start", now);
    else if (this.state === "deregistering" && this.afterwards.type === "stop") this.afterwards = { type: "start" };
  }

  /** An Update at once: its answer says whether the server still knows us, whatever our clock says of the time between. */
  private resume(event: Resume, now: Millis): void {
    if (this.isBegun) return;
    const { lifetime } = event.agreement;
    const end = lifetime === 0 ? undefined : now + lifetime * SECOND - event.age;
    if (end !== undefined && end <= now) this.register("the lifetime ended before the start", now);
    else if (!this.requests.resume(event, now)) this.register("start, in another version", now);
    else if (this.requests.owesRegister) this.register("start, the objects have changed", now);
    else {
      this.end = end;
      this.resuming = true;
      this.update("start, registered before", now);
    }
  }

  private stop(now: Millis): void {
    const limit = now + STOP_LIMIT;
    this.afterwards = { type: "stop" };
    if (this.isRegistered) this.deregister("stop", limit, now);
    // The answer to the Register will say what is to be de-registered.
    else if (this.state === "registering") this.enter("deregistering", "stop while registering", limit);
    else if (this.state === "deregistering") this.next = Math.min(this.next ?? limit, limit);
    else if (this.state !== "deregistered") this.rest("stop");
  }

  /** Whether it was told to register, and has not taken its leave since. */
  private get isBegun(): boolean {
    return this.state !== "deregistered" && this.state !== "waiting";
  }

  /** As far as we know. */
  private get isRegistered(): boolean {
    return this.state === "registered" || this.state === "updating";
  }

  /** Core 1.2, Server object 4: de-register, stay away, register. */
  private disable(until: Millis, now: Millis): void {
    if (!this.isBegun || this.state === "deregistering") return;
    this.afterwards = { type: "disable", until };
    // Who waits for its turn does not wait for that.
    this.effects.push({ type: "failed" });
    if (this.requests.location === undefined) this.finish("disabled by the server", now);
    else this.deregister("disabled by the server", now + EXCHANGE_LIFETIME, now);
  }

  private onMoved(event: Moved, now: Millis): void {
    switch (event.type) {
      case "networkChanged":
        this.onNetworkChanged(false, "the network has changed", now);
        break;
      case "uplinkChanged":
        this.onNetworkChanged(true, event.reason, now);
        break;
      case "connectionLost":
        this.onConnectionLost(event, now);
        break;
      case "interrupted":
        this.onInterrupted(event.reason, now);
        break;
      case "sessionRenewed":
        // RFC 7252 §9.1.1. What was to be said at this moment waits for the new session, and is a Register now.
        if (this.isRegistered) this.register(event.reason, now);
        break;
      default:
        event satisfies never;
    }
  }

  /**
   * Transport 1.2 §6.4.3: without a security layer a new address needs a new Register. By another interface the server may know
   * us still, which an Update tells.
   */
  private onNetworkChanged(update: boolean, reason: string, now: Millis): void {
    if (!this.isBegun || this.state === "deregistering" || this.state === "disabled") return;
    this.retry.reset();
    if (update && (this.isRegistered || this.resuming)) this.update(reason, now);
    else this.register(reason, now);
  }

  /**
   * Transport 1.2 §6.4.3: the server knew us by the connection, so that another one needs a Register: at once, but not again
   * and again at a server that closes each connection.
   */
  private onConnectionLost({ reason, wait }: ConnectionLost, now: Millis): void {
    if (!this.isRegistered) {
      // The request that was under way has no answer any more.
      if (this.requests.flying) this.onOutcome({ ok: false, text: reason }, now);
      return;
    }
    const stood = now - this.acceptedAt >= SHORT_LIVED;
    this.requests.abandon();
    if (stood && wait === 0) this.register(reason, now);
    else this.retryLater(reason, now, wait);
  }

  /** An Update takes the session up again, but not again and again at a server that ends each association. */
  private onInterrupted(reason: string, now: Millis): void {
    if (this.requests.flying) this.onOutcome({ ok: false, text: reason }, now);
    else if (this.state !== "registered") return;
    else if (now - this.requests.sentAt >= SHORT_LIVED) this.update(reason, now);
    else this.tryAgainLater(reason, now);
  }

  /** With an Update, where the server may still know us then. */
  private tryAgainLater(reason: string, now: Millis): void {
    this.resuming ||= this.outlivesConnection;
    this.retryLater(reason, now);
  }

  private onTimeout(now: Millis): void {
    if (this.next === undefined || now < this.next) return;
    // An Update that is answered now comes too late: the server has forgotten us, and what it observed.
    if (this.isRegistered && now >= (this.end ?? Number.POSITIVE_INFINITY))
      this.register("the lifetime has ended", now);
    else if (this.requests.flying) this.onOutcome({ ok: false, text: "no answer" }, now);
    else if (this.state === "registered") this.update("the lifetime would end", now);
    else if (this.state === "waiting") this.register("the initial delay is over", now);
    else if (this.state === "disabled") this.register("the time of the disable is over", now);
    else if (this.resuming && now < (this.end ?? Number.POSITIVE_INFINITY)) this.update("retry", now);
    else this.register("retry", now);
  }

  private onOutcome(outcome: Outcome, now: Millis): void {
    const verdict = this.requests.judge(outcome);
    if (verdict === undefined) return;
    if (this.state === "deregistering" && this.afterwards.type === "stop") this.onOvertaken(verdict, now);
    else this.onVerdict(verdict, now);
  }

  private onVerdict(verdict: Verdict, now: Millis): void {
    switch (verdict.type) {
      case "registered":
        this.accept(verdict.location, verdict.reason, now);
        break;
      case "updated":
        this.keepOn();
        this.registered(verdict.reason, now);
        break;
      case "unsent":
        this.tryAgainLater(verdict.reason, now);
        break;
      case "doubtful":
        this.update(verdict.reason, now);
        break;
      case "again":
        this.register(verdict.reason, now);
        break;
      case "refused":
        this.retryLater(verdict.reason, now);
        break;
      case "deregistered":
        this.finish(verdict.reason, now);
        break;
      default:
        verdict satisfies never;
    }
  }

  /** The client has been stopped meanwhile: of a Register that was taken it takes its leave. */
  private onOvertaken(verdict: Verdict, now: Millis): void {
    if (verdict.type === "registered") {
      this.requests.location = verdict.location;
      this.deregister(`${verdict.reason}, too late`, this.next ?? now, now);
    } else this.finish(verdict.reason, now);
  }

  private accept(location: readonly string[], reason: string, now: Millis): void {
    this.resuming = false;
    this.acceptedAt = now;
    this.retry.reset();
    this.requests.location = location;
    this.effects.push({ type: "accepted", location, version: this.requests.version });
    this.registered(reason, now);
  }

  private keepOn(): void {
    const { location, version } = this.requests;
    if (!this.resuming || location === undefined) return;
    this.resuming = false;
    this.retry.reset();
    this.effects.push({ type: "resumed", location, version });
  }

  private registered(reason: string, now: Millis): void {
    const valid = this.requests.acknowledge();
    // Counted from the request, as the server may count.
    const { sentAt } = this.requests;
    this.end = valid === undefined ? undefined : sentAt + valid.end;
    this.enter("registered", reason, valid === undefined ? undefined : sentAt + valid.update);
    this.updateIfOwed("changed meanwhile", now);
  }

  /** Tells what is owed where nothing is under way; what changes meanwhile goes in the one after it. */
  private updateIfOwed(reason: string, now: Millis): void {
    if (this.state !== "registered" || !this.requests.owed) return;
    if (this.requests.owesRegister) this.register(reason, now);
    else this.update(reason, now);
  }

  private update(reason: string, now: Millis): void {
    const until = Math.min(now + EXCHANGE_LIFETIME, this.end ?? Number.POSITIVE_INFINITY);
    this.send(this.requests.update(now), { state: "updating", reason, until });
  }

  private register(reason: string, now: Millis): void {
    this.resuming = false;
    this.send(this.requests.register(now), { state: "registering", reason, until: now + EXCHANGE_LIFETIME });
  }

  private deregister(reason: string, until: Millis, now: Millis): void {
    this.send(this.requests.deregister(now), { state: "deregistering", reason, until });
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

  private retryLater(reason: string, now: Millis, least: Millis = 0): void {
    const { wait, failed, exhausted } = this.retry.next();
    if (failed) this.effects.push({ type: "failed" });
    const last = exhausted ? "; the retries that the server set (/1/x/17 to 20) are used up" : "";
    this.enter("retrying", `${reason}${last}`, now + Math.max(wait, least));
  }

  private rest(reason: string, state: "deregistered" | "disabled" = "deregistered", until?: Millis): void {
    this.resuming = false;
    this.requests.abandon();
    this.retry.reset();
    this.enter(state, reason, until);
  }

  private send(request: RequestEffect, { state, reason, until }: Omit<Standing, "type">): void {
    this.enter(state, reason, until);
    this.effects.push(request);
  }

  private enter(state: RegistrationState, reason: string, until: Millis | undefined): void {
    this.state = state;
    this.next = until;
    this.effects.push({ type: "state", state, reason, until });
  }
}
