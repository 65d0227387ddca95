/**
 * The requests of one registration and what their answers mean: Core 1.2 §6.2.1 (Register), §6.2.2 (Update), §6.2.3
 * (De-register); Transport 1.2 §6.4.1 to §6.4.3. Which version of LwM2M is spoken is settled here too.
 */
import type { Millis } from "../clock.ts";
import { CODE } from "../coap/codes.ts";
import { registerQuery } from "./links.ts";
import type { Lwm2mVersion } from "./objects/versions.ts";
import { type Change, RegistrationChanges, type Validity } from "./registration-changes.ts";
import type {
  Agreement,
  Outcome,
  RegistrationEffect,
  RegistrationEvent,
  RegistrationOptions,
} from "./registration-events.ts";
import { Profile } from "./registration-profile.ts";
import { VersionChoice } from "./version-choice.ts";

type Flight = "register" | "update" | "deregister";
type Resume = Extract<RegistrationEvent, { readonly type: "resume" }>;
export type RequestEffect = Extract<RegistrationEffect, { readonly type: Flight }>;

/** What the answer to the newest request, or its absence, means; `reason` is for the log. */
export type Verdict =
  /** The server has a new registration of ours, at `location`. */
  | { readonly type: "registered"; readonly location: readonly string[]; readonly reason: string }
  | { readonly type: "updated"; readonly reason: string }
  /**
   * Another Register must follow at once: in the next lower version, with the list that a profile did not stand for, or since
   * the server knows us no more.
   */
  | { readonly type: "again"; readonly reason: string }
  /** An Update that could not leave, so that it says nothing of what the server knows: it is worth another try. */
  | { readonly type: "unsent"; readonly reason: string }
  /** An Update without an answer, which may be due to the connection: another one may bring it. */
  | { readonly type: "doubtful"; readonly reason: string }
  | { readonly type: "refused"; readonly reason: string }
  | { readonly type: "deregistered"; readonly reason: string };

/** How many Updates may go after one without an answer, before a Register. */
const UPDATES_IN_DOUBT = 2;

export class RegistrationRequests {
  /** While the server has a registration of ours, as far as we know. */
  location: readonly string[] | undefined;
  private readonly options: RegistrationOptions;
  private readonly changes: RegistrationChanges;
  private readonly choice: VersionChoice;
  private readonly profile: Profile;
  /** Of the newest Register. */
  private spoken: Lwm2mVersion;
  /** The number of the newest request; an answer to any other is too late. */
  private newest = 0;
  /** What that request is, while it is not answered. */
  private flight: Flight | undefined;
  private sent: Millis = 0;
  private agreed: Millis = 0;
  /** Updates in a row without an answer. */
  private unanswered = 0;

  constructor(options: RegistrationOptions) {
    this.options = options;
    this.changes = new RegistrationChanges(options, options.binding);
    this.choice = new VersionChoice(options.versions, options.supportedVersions);
    this.profile = new Profile(options.profileIds);
    this.spoken = this.choice.next;
  }

  get version(): Lwm2mVersion {
    return this.spoken;
  }

  /** Whether a request is on its way. */
  get flying(): boolean {
    return this.flight !== undefined;
  }

  /** When the newest request was sent: a server may count the lifetime from then. */
  get sentAt(): Millis {
    return this.sent;
  }

  isNewest(request: number): boolean {
    return request === this.newest;
  }

  /** Takes what has changed; returns it in words, for the log. */
  note(event: Change): string {
    if (event.type === "objectsChanged") this.profile.forget();
    return this.changes.note(event);
  }

  /** Whether an Update should be sent now. */
  get owed(): boolean {
    return this.changes.owed;
  }

  /** Whether it must be a Register that tells what is owed. */
  get owesRegister(): boolean {
    return this.options.reregisterOnChange === true && this.changes.objectsOwed;
  }

  /** The server took the newest request. Undefined: it keeps the registration for ever. */
  acknowledge(): Validity | undefined {
    this.agreed = this.sent;
    return this.changes.acknowledge();
  }

  /** Goes on with a registration of before, where its version may still be spoken. */
  resume({ agreement, age, objectsChanged }: Resume, now: Millis): boolean {
    const { location, version, ...parameters } = agreement;
    if (!this.options.versions.includes(version)) return false;
    this.location = location;
    this.spoken = version;
    this.agreed = now - age;
    this.choice.keep(version);
    this.changes.resume(parameters, objectsChanged);
    return true;
  }

  /** What the server has taken, and when that was sent; undefined where it has no registration of ours that we know of. */
  get agreement(): (Agreement & { readonly sentAt: Millis }) | undefined {
    const { location, version, agreed: sentAt } = this;
    return location === undefined ? undefined : { location, version, ...this.changes.agreed, sentAt };
  }

  register(now: Millis): RequestEffect {
    const { endpoint, binding } = this.options;
    const version = this.choice.next;
    this.spoken = version;
    this.location = undefined;
    this.changes.takeAll();
    const { query: profile, withObjects } = this.profile.parts(version);
    const query = [...registerQuery({ endpoint, version, binding, ...this.changes.parameters }), ...profile];
    return { type: "register", request: this.send("register", now), version, query, withObjects };
  }

  update(now: Millis): RequestEffect {
    const { location = [], version } = this;
    return { type: "update", request: this.send("update", now), location, version, ...this.changes.take(version) };
  }

  deregister(now: Millis): RequestEffect {
    const { location = [] } = this;
    return { type: "deregister", request: this.send("deregister", now), location };
  }

  /** Nothing is registered and nothing under way: an answer that still comes is not wanted. */
  abandon(): void {
    this.newest++;
    this.flight = undefined;
    this.location = undefined;
  }

  /** Takes the outcome of the newest request; undefined where it was taken before. */
  judge(outcome: Outcome): Verdict | undefined {
    const { flight } = this;
    this.flight = undefined;
    switch (flight) {
      case "register":
        return this.judgeRegister(outcome);
      case "update":
        return this.judgeUpdate(outcome);
      case "deregister":
        return { type: "deregistered", reason: `De-register: ${outcome.text}` };
      case undefined:
        return undefined;
    }
  }

  /** What the server refuses may be the version, or the profile: then a Register without it follows at once. */
  private judgeRegister({ ok, text, code, location }: Outcome): Verdict {
    const { version } = this;
    if (ok && location !== undefined) {
      this.choice.keep(version);
      this.profile.accept(version);
      return { type: "registered", location, reason: `Register: ${text}, LwM2M ${version}` };
    }
    const again = code === CODE.preconditionFailed ? this.choice.refuse(version) : this.profile.fail(version, code);
    return { type: again ? "again" : "refused", reason: `Register: ${text}${ok ? " without Location-Path" : ""}` };
  }

  private judgeUpdate({ ok, text, code, location, unsent = false }: Outcome): Verdict {
    if (unsent) return { type: "unsent", reason: `Update: ${text}` };
    if (this.isDoubtful(code)) return { type: "doubtful", reason: `Update: ${text}` };
    this.unanswered = 0;
    if (!ok) return { type: "again", reason: `Update: ${text}` };
    // A new location: the server took the Update for a Register, and has forgotten the observations.
    return location !== undefined && location.join("/") !== this.location?.join("/")
      ? { type: "registered", location, reason: `Update: ${text}, registered anew` }
      : { type: "updated", reason: `Update: ${text}` };
  }

  /** The first doubt moves what is there to another address, the second makes it anew. */
  private isDoubtful(code: number | undefined): boolean {
    return code === undefined && this.options.outlivesConnection === true && this.unanswered++ < UPDATES_IN_DOUBT;
  }

  private send(flight: Flight, now: Millis): number {
    this.flight = flight;
    this.sent = now;
    return ++this.newest;
  }
}
