/** What a client says of its registration, and the state that it is in from then on. registration.ts decides which step is next. */
import { type Millis, SECOND } from "../clock.ts";
import { RegisterRetry } from "./register-retry.ts";
import type {
  RegistrationEffect,
  RegistrationOptions,
  RegistrationState,
  Resume,
  Standing,
} from "./registration-events.ts";
import type { RegistrationRequests, RequestEffect } from "./registration-requests.ts";

/** RFC 7252 §4.8.2: nothing of an exchange can come later. */
export const EXCHANGE_LIFETIME: Millis = 247 * SECOND;

export class RegistrationSteps {
  private readonly requests: RegistrationRequests;
  private readonly retry: RegisterRetry;
  private readonly outlivesConnection: boolean;
  private current: RegistrationState = "deregistered";
  private next: Millis | undefined;
  /** When the server forgets us without another Update; undefined: never. */
  private end: Millis | undefined;
  private unconfirmed = false;
  private accepted: Millis = Number.NEGATIVE_INFINITY;
  private effects: RegistrationEffect[] = [];

  constructor(
    { outlivesConnection = false, random, serverRetry = () => ({}) }: RegistrationOptions,
    requests: RegistrationRequests,
  ) {
    this.outlivesConnection = outlivesConnection;
    this.retry = new RegisterRetry(random, serverRetry);
    this.requests = requests;
  }

  get state(): RegistrationState {
    return this.current;
  }

  /** As far as we know. */
  get isRegistered(): boolean {
    return this.current === "registered" || this.current === "updating";
  }

  /** Whether the registration is one of before that the server has not confirmed yet. */
  get resuming(): boolean {
    return this.unconfirmed;
  }

  get deadline(): Millis | undefined {
    return this.next;
  }

  /** When the server took our newest Register. */
  get acceptedAt(): Millis {
    return this.accepted;
  }

  /** Whether the server has forgotten us by now. */
  hasEnded(now: Millis): boolean {
    return this.end !== undefined && now >= this.end;
  }

  /** What has been done since the last time. */
  take(): RegistrationEffect[] {
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  wait(reason: string, until: Millis | undefined): void {
    this.enter("waiting", reason, until);
  }

  register(reason: string, now: Millis): void {
    this.unconfirmed = false;
    this.send(this.requests.register(now), { state: "registering", reason, until: now + EXCHANGE_LIFETIME });
  }

  update(reason: string, now: Millis): void {
    const until = Math.min(now + EXCHANGE_LIFETIME, this.end ?? Number.POSITIVE_INFINITY);
    this.send(this.requests.update(now), { state: "updating", reason, until });
  }

  deregister(reason: string, until: Millis, now: Millis): void {
    this.send(this.requests.deregister(now), { state: "deregistering", reason, until });
  }

  /** Waits for the Register that is under way, whose answer will say what is to be de-registered. */
  awaitLeave(reason: string, until: Millis): void {
    this.enter("deregistering", reason, until);
  }

  /** Does not wait longer than that. */
  hurry(until: Millis): void {
    this.next = Math.min(this.next ?? until, until);
  }

  /** An Update at once: its answer says whether the server still knows us, whatever our clock says of the time between. */
  resume(event: Resume, now: Millis): void {
    const { lifetime } = event.agreement;
    const end = lifetime === 0 ? undefined : now + lifetime * SECOND - event.age;
    if (end !== undefined && end <= now) this.register("the lifetime ended before the start", now);
    else if (!this.requests.resume(event, now)) this.register("start, in another version", now);
    else if (this.requests.owesRegister) this.register("start, the objects have changed", now);
    else {
      this.end = end;
      this.unconfirmed = true;
      this.update("start, registered before", now);
    }
  }

  /** The server has a new registration of ours. */
  accept(location: readonly string[], reason: string, now: Millis): void {
    this.unconfirmed = false;
    this.accepted = now;
    this.retry.reset();
    this.requests.location = location;
    this.effects.push({ type: "accepted", location, version: this.requests.version });
    this.registered(reason, now);
  }

  /** The server has taken an Update. */
  confirm(reason: string, now: Millis): void {
    const { location, version } = this.requests;
    if (this.unconfirmed && location !== undefined) {
      this.unconfirmed = false;
      this.retry.reset();
      this.effects.push({ type: "resumed", location, version });
    }
    this.registered(reason, now);
  }

  /** Tells what is owed where nothing is under way; what changes meanwhile goes in the one after it. */
  updateIfOwed(reason: string, now: Millis): void {
    if (this.current !== "registered" || !this.requests.owed) return;
    if (this.requests.owesRegister) this.register(reason, now);
    else this.update(reason, now);
  }

  retryLater(reason: string, now: Millis, least: Millis = 0): void {
    const { wait, failed, exhausted } = this.retry.next();
    if (failed) this.giveWay();
    const last = exhausted ? "; the retries that the server set (/1/x/17 to 20) are used up" : "";
    this.enter("retrying", `${reason}${last}`, now + Math.max(wait, least));
  }

  /** With an Update, where the server may still know us then. */
  tryAgainLater(reason: string, now: Millis): void {
    this.unconfirmed ||= this.outlivesConnection;
    this.retryLater(reason, now);
  }

  /** What failed before was at another place. */
  forgetFailures(): void {
    this.retry.reset();
  }

  /** Who waits for this server to be registered does not wait any longer. */
  giveWay(): void {
    this.effects.push({ type: "failed" });
  }

  rest(reason: string, state: "deregistered" | "disabled" = "deregistered", until?: Millis): void {
    this.unconfirmed = false;
    this.requests.abandon();
    this.retry.reset();
    this.enter(state, reason, until);
  }

  private registered(reason: string, now: Millis): void {
    const valid = this.requests.acknowledge();
    // Counted from the request, as the server may count.
    const { sentAt } = this.requests;
    this.end = valid === undefined ? undefined : sentAt + valid.end;
    this.enter("registered", reason, valid === undefined ? undefined : sentAt + valid.update);
    this.updateIfOwed("changed meanwhile", now);
  }

  private send(request: RequestEffect, { state, reason, until }: Omit<Standing, "type">): void {
    this.enter(state, reason, until);
    this.effects.push(request);
  }

  private enter(state: RegistrationState, reason: string, until: Millis | undefined): void {
    this.current = state;
    this.next = until;
    this.effects.push({ type: "state", state, reason, until });
  }
}
