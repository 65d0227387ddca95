/**
 * When one client registers at one server, updates, de-registers and tries again: Core 1.2 §6.2.1 (Register), §6.2.1.2
 * (retries), §6.2.2 (Update), §6.2.3 (De-register).
 */
import { type Millis, SECOND } from "../clock.ts";
import type { Machine, Timeout } from "../machine.ts";
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
} from "./registration-events.ts";
import { RegistrationRequests, type Verdict } from "./registration-requests.ts";
import { EXCHANGE_LIFETIME, RegistrationSteps } from "./registration-steps.ts";

export type { ServerRetry } from "./register-retry.ts";
export { ALL_VERSIONS } from "./registration-events.ts";
export type { Agreement, RegistrationEffect, RegistrationEvent, RegistrationOptions, RegistrationState };

/** An orderly stop does not wait longer for a server. */
const STOP_LIMIT: Millis = 5 * SECOND;

/** A registration whose connection is lost so soon is no success: the next one takes its time. */
const SHORT_LIVED: Millis = 10 * SECOND;

/** Why an Update is sent though nothing has changed and the lifetime goes on. */
const PROBES = { suspect: "a notification was not acknowledged", awake: "awake again" } as const;

/** What follows a De-register. */
type Afterwards = { readonly type: "stop" | "start" } | { readonly type: "disable"; readonly until: Millis };

export class Registration implements Machine<RegistrationEvent, RegistrationEffect> {
  private readonly requests: RegistrationRequests;
  private readonly steps: RegistrationSteps;
  private afterwards: Afterwards = { type: "stop" };

  constructor(options: RegistrationOptions) {
    this.requests = new RegistrationRequests(options);
    this.steps = new RegistrationSteps(options, this.requests);
  }

  get deadline(): Millis | undefined {
    return this.steps.deadline;
  }

  /** What the server has taken, and when that was sent; undefined while it has no registration of ours that we know of. */
  get agreement(): (Agreement & { readonly sentAt: Millis }) | undefined {
    return this.steps.state === "deregistering" ? undefined : this.requests.agreement;
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
        this.steps.updateIfOwed(this.requests.note(event), now);
        break;
      case "suspect":
      case "awake":
        // An Update that is under way says the same.
        if (this.steps.state === "registered") this.steps.update(PROBES[event.type], now);
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
    return this.steps.take();
  }

  private command(event: Command, now: Millis): void {
    switch (event.type) {
      case "start":
        this.start(event.after ?? 0, now);
        break;
      case "hold":
        if (!this.isBegun) this.steps.wait(event.reason, undefined);
        break;
      case "resume":
        if (!this.isBegun) this.steps.resume(event, now);
        break;
      case "stop":
        this.stop(now);
        break;
      default:
        event satisfies never;
    }
  }

  private start(after: Millis, now: Millis): void {
    if (!this.isBegun && after > 0) this.steps.wait("the initial delay (/1/x/14)", now + after);
    else if (!this.isBegun) this.steps.register("start", now);
    else if (this.steps.state === "deregistering" && this.afterwards.type === "stop")
      this.afterwards = { type: "start" };
  }

  private stop(now: Millis): void {
    const limit = now + STOP_LIMIT;
    this.afterwards = { type: "stop" };
    if (this.steps.isRegistered) this.steps.deregister("stop", limit, now);
    // The answer to the Register will say what is to be de-registered.
    else if (this.steps.state === "registering") this.steps.awaitLeave("stop while registering", limit);
    else if (this.steps.state === "deregistering") this.steps.hurry(limit);
    else if (this.steps.state !== "deregistered") this.steps.rest("stop");
  }

  /** Whether it was told to register, and has not taken its leave since. */
  private get isBegun(): boolean {
    return this.steps.state !== "deregistered" && this.steps.state !== "waiting";
  }

  /** Core 1.2, Server object 4: de-register, stay away, register. */
  private disable(until: Millis, now: Millis): void {
    if (!this.isBegun || this.steps.state === "deregistering") return;
    this.afterwards = { type: "disable", until };
    this.steps.giveWay();
    if (this.requests.location === undefined) this.finish("disabled by the server", now);
    else this.steps.deregister("disabled by the server", now + EXCHANGE_LIFETIME, now);
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
        if (this.steps.isRegistered) this.steps.register(event.reason, now);
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
    if (!this.isBegun || this.steps.state === "deregistering" || this.steps.state === "disabled") return;
    this.steps.forgetFailures();
    if (update && (this.steps.isRegistered || this.steps.resuming)) this.steps.update(reason, now);
    else this.steps.register(reason, now);
  }

  /**
   * Transport 1.2 §6.4.3: the server knew us by the connection, so that another one needs a Register: at once, but not again
   * and again at a server that closes each connection.
   */
  private onConnectionLost({ reason, wait }: ConnectionLost, now: Millis): void {
    if (!this.steps.isRegistered) {
      // The request that was under way has no answer any more.
      if (this.requests.flying) this.onOutcome({ ok: false, text: reason }, now);
      return;
    }
    const stood = now - this.steps.acceptedAt >= SHORT_LIVED;
    this.requests.abandon();
    if (stood && wait === 0) this.steps.register(reason, now);
    else this.steps.retryLater(reason, now, wait);
  }

  /** An Update takes the session up again, but not again and again at a server that ends each association. */
  private onInterrupted(reason: string, now: Millis): void {
    if (this.requests.flying) this.onOutcome({ ok: false, text: reason }, now);
    else if (this.steps.state !== "registered") return;
    else if (now - this.requests.sentAt >= SHORT_LIVED) this.steps.update(reason, now);
    else this.steps.tryAgainLater(reason, now);
  }

  private onTimeout(now: Millis): void {
    if (this.deadline === undefined || now < this.deadline) return;
    // An Update that is answered now comes too late: the server has forgotten us, and what it observed.
    if (this.steps.isRegistered && this.steps.hasEnded(now)) this.steps.register("the lifetime has ended", now);
    else if (this.requests.flying) this.onOutcome({ ok: false, text: "no answer" }, now);
    else if (this.steps.state === "registered") this.steps.update("the lifetime would end", now);
    else if (this.steps.state === "waiting") this.steps.register("the initial delay is over", now);
    else if (this.steps.state === "disabled") this.steps.register("the time of the disable is over", now);
    else if (this.steps.resuming && !this.steps.hasEnded(now)) this.steps.update("retry", now);
    else this.steps.register("retry", now);
  }

  private onOutcome(outcome: Outcome, now: Millis): void {
    const verdict = this.requests.judge(outcome);
    if (verdict === undefined) return;
    if (this.steps.state === "deregistering" && this.afterwards.type === "stop") this.onOvertaken(verdict, now);
    else this.onVerdict(verdict, now);
  }

  private onVerdict(verdict: Verdict, now: Millis): void {
    switch (verdict.type) {
      case "registered":
        this.steps.accept(verdict.location, verdict.reason, now);
        break;
      case "updated":
        this.steps.confirm(verdict.reason, now);
        break;
      case "unsent":
        this.steps.tryAgainLater(verdict.reason, now);
        break;
      case "doubtful":
        this.steps.update(verdict.reason, now);
        break;
      case "again":
        this.steps.register(verdict.reason, now);
        break;
      case "refused":
        this.steps.retryLater(verdict.reason, now);
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
      this.steps.deregister(`${verdict.reason}, too late`, this.deadline ?? now, now);
    } else this.finish(verdict.reason, now);
  }

  private finish(reason: string, now: Millis): void {
    const { afterwards } = this;
    switch (afterwards.type) {
      case "stop":
        this.steps.rest(reason);
        break;
      case "start":
        this.steps.register("start", now);
        break;
      case "disable":
        this.steps.rest(reason, "disabled", afterwards.until);
        break;
      default:
        afterwards satisfies never;
    }
  }
}
