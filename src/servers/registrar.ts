/** Register, Update and De-register on the wire: the registration machine joined to the connection. Core 1.2 §6.2. */
import { type Clock, datedBy, isUndated, type Millis, type UnixMillis, wallAt } from "../clock.ts";
import { CODE } from "../coap/codes.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, stringOptions, stringValues, uintOption } from "../coap/options.ts";
import { reasonOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import { CONTENT_FORMAT } from "../lwm2m/formats/codec.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import type {
  Agreement,
  Registration,
  RegistrationEffect,
  RegistrationEvent,
  RegistrationState,
} from "../lwm2m/registration.ts";
import type { ObjectTree } from "../lwm2m/tree.ts";
import { type Drive, drive } from "../machine.ts";
import type { Connection } from "./connection.ts";
import { ObjectList } from "./object-list.ts";
import type { TurnPlace, TurnPort } from "./registration-order.ts";

/** Where the registration stands. */
export interface Standing {
  readonly state: RegistrationState;
  readonly since: UnixMillis;
  /** What was answered, or what was not. */
  readonly reason: string;
  /** When the machine acts by itself: the next try, the next Update. */
  readonly until?: UnixMillis;
}

export interface RegistrarListener {
  /** A new registration: every observation of the one before is void. */
  onAccepted(location: readonly string[], version: Lwm2mVersion): void;
  /** The server still has the registration of before: its observations go on. */
  onResumed(location: readonly string[], version: Lwm2mVersion): void;
  /** After each effect of the machine on its state; `changed` says whether it is another one than before. */
  onState(state: RegistrationState, changed: boolean): void;
}

export interface RegistrarOptions {
  readonly machine: Registration;
  readonly connection: Connection;
  /** Looks the server's name up anew, and connects where there is no connection. */
  readonly resolve: () => Promise<void>;
  /** Whether nothing can leave where `resolve` rejects. */
  readonly connects?: boolean;
  /** The way to the server is in doubt: the next `resolve` makes sure of it. */
  readonly doubt?: () => void;
  /** Where our datagrams leave from, as of the last `resolve`. */
  readonly source?: () => Source;
  /** What Register lists, asked each time. */
  readonly root: () => ObjectTree;
  /** Its place among the servers that are registered at one after the other; absent: it waits for none. */
  readonly turn?: TurnPlace | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** By which a server knows us where there is no security layer; each undefined where it is not known. */
export interface Source {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** What a server has taken, for the process after this one. */
export interface KeptRegistration {
  readonly agreement: Agreement;
  /** When the last request left that it took. */
  readonly sentAt: UnixMillis;
  readonly from: { readonly address: string | undefined; readonly port: number };
  /** Stands for the object list that it has. */
  readonly objects: string;
}

const NOTHING_ASKED = (): void => {};
const NOWHERE: Source = { address: undefined, port: undefined };

export class Registrar {
  private readonly options: RegistrarOptions;
  private readonly listener: RegistrarListener;
  private readonly feed: Drive<RegistrationEvent>;
  private readonly objects: ObjectList;
  /** Its times are monotonic: somebody may set the clock. */
  private current: Omit<Standing, "since" | "until"> & { readonly since: Millis; readonly until?: Millis };
  /** There is a way to the server: its name had an address once, which may still serve when it has none. */
  private addressed = false;
  private newest = 0;
  /** Where the newest Register left from. */
  private registeredFrom: Source = NOWHERE;
  private readonly port: TurnPort = {
    start: (after) => this.feed({ type: "start", after }),
    hold: (reason) => this.feed({ type: "hold", reason }),
  };
  /** Ends the request that is under way. */
  private abandon = NOTHING_ASKED;
  /** Why it could not register, as far as the log has it. */
  private told: Set<string> | undefined;

  constructor(options: RegistrarOptions, listener: RegistrarListener) {
    this.options = options;
    this.listener = listener;
    this.objects = new ObjectList(options.root);
    this.current = { state: "deregistered", since: options.clock.monotonic(), reason: "not started" };
    this.feed = drive(options.machine, options.clock, (effect) => this.perform(effect));
  }

  /** Of its standing, for who asks at each request. */
  get state(): RegistrationState {
    return this.current.state;
  }

  get standing(): Standing {
    const { clock } = this.options;
    const { since, until, ...rest } = this.current;
    return { ...rest, since: wallAt(clock, since), ...(until === undefined ? {} : { until: wallAt(clock, until) }) };
  }

  handle(event: RegistrationEvent): void {
    if (event.type === "stop") this.options.turn?.leave(this.port);
    this.feed(event);
  }

  /** Registers when its turn has come, and its delay is over. */
  begin(): void {
    const { turn } = this.options;
    if (turn === undefined) this.port.start(0);
    else turn.take(this.port);
  }

  /** In place of `begin`: the server may still have the registration of the process before this one. */
  resume({ agreement, sentAt, from, objects }: KeptRegistration): void {
    const { clock } = this.options;
    this.registeredFrom = from;
    this.objects.restore(objects);
    const objectsChanged = this.objects.isOther(agreement.version);
    const [sent, now] = [datedBy(clock, sentAt), clock.wall()];
    // A clock that is behind, or was not set then, does not know how long ago it was: the answer to the Update tells.
    const age = isUndated(sent) && !isUndated(now) ? 0 : Math.max(0, now - sent);
    this.feed({ type: "resume", agreement, age, objectsChanged });
  }

  /** What `resume` needs in the process after this one; undefined while the server has nothing that could go on. */
  get kept(): KeptRegistration | undefined {
    const { agreement } = this.options.machine;
    const { address, port } = this.registeredFrom;
    if (agreement === undefined || port === undefined) return undefined;
    const { sentAt, ...agreed } = agreement;
    const { clock } = this.options;
    return {
      agreement: agreed,
      sentAt: Math.max(0, wallAt(clock, sentAt)),
      from: { address, port },
      objects: this.objects.kept,
    };
  }

  /** Whether the object list is another one now than went out last. */
  get isListOther(): boolean {
    const { agreement } = this.options.machine;
    return agreement !== undefined && this.objects.isOther(agreement.version);
  }

  stop(): void {
    this.feed.stop();
  }

  private perform(effect: RegistrationEffect): void {
    switch (effect.type) {
      case "register": {
        const { request, query, version, withObjects } = effect;
        const list = this.objects.next(version);
        void this.register(request, post(["rd"], query, withObjects ? list : undefined));
        break;
      }
      case "update": {
        const { request, location, query, version, withObjects } = effect;
        void this.update(request, post(location, query, withObjects ? this.objects.next(version) : undefined));
        break;
      }
      case "deregister": {
        const options = stringOptions(OPTION.uriPath, effect.location);
        // To where the registration is; a stop has no time for a resolver that is slow.
        this.newest = effect.request;
        void this.exchange(effect.request, { code: CODE.delete, options, payload: NO_PAYLOAD });
        break;
      }
      case "accepted":
        this.told = undefined;
        this.options.log.info({ location: `/${effect.location.join("/")}`, version: effect.version }, "registered");
        this.listener.onAccepted(effect.location, effect.version);
        this.options.turn?.registered();
        break;
      case "resumed":
        this.told = undefined;
        this.options.log.info({ location: `/${effect.location.join("/")}`, version: effect.version }, RESUMED);
        this.listener.onResumed(effect.location, effect.version);
        this.options.turn?.registered();
        break;
      case "failed":
        this.options.turn?.failed();
        break;
      case "state":
        this.enter(effect);
        break;
      default:
        effect satisfies never;
    }
  }

  private async register(request: number, message: CoapMessage): Promise<void> {
    if (!(await this.isReachable(request))) return;
    this.registeredFrom = this.source;
    await this.exchange(request, message);
  }

  /** Transport 1.2 §6.4.3: without a security layer a server knows us by our address, and another one needs a Register. */
  private async update(request: number, message: CoapMessage): Promise<void> {
    if (!(await this.isReachable(request))) return;
    const { address: before, port } = this.registeredFrom;
    const { address } = this.source;
    const moved = address !== undefined && before !== undefined && address !== before;
    if (moved || port !== this.source.port) this.feed({ type: "networkChanged" });
    else await this.exchange(request, message);
  }

  private get source(): Source {
    return this.options.source?.() ?? NOWHERE;
  }

  /** Looks the server's name up; false where the request has no way to it, or is not wanted any more. */
  private async isReachable(request: number): Promise<boolean> {
    this.newest = request;
    try {
      await this.options.resolve();
      this.addressed = true;
    } catch (error) {
      // Datagrams may still reach the old address; a connection that is not there takes nothing.
      if (this.options.connects === true) this.addressed = false;
      this.options.log.debug({ err: error }, "no way to the server now");
      if (!this.addressed) this.feed({ type: "noAnswer", request, reason: reasonOf(error), unsent: true });
    }
    return this.addressed && request === this.newest;
  }

  /** Nobody wants the answer to an older request any more, which might keep this one waiting. */
  private async exchange(request: number, message: CoapMessage): Promise<void> {
    this.abandon();
    const asked = this.options.connection.begin(message);
    this.abandon = asked.abandon;
    const outcome = await asked.outcome;
    // It would hold the whole message for as long as the registration lasts.
    if (this.abandon === asked.abandon) this.abandon = NOTHING_ASKED;
    if (outcome.type === "failed") {
      if (outcome.reason === "timeout") this.options.doubt?.();
      this.feed({ type: "noAnswer", request, reason: outcome.reason });
    } else {
      const location = stringValues(outcome.message, OPTION.locationPath);
      this.feed({ type: "answer", request, code: outcome.message.code, location });
    }
  }

  private enter({ state, reason, until }: RegistrationEffect & { readonly type: "state" }): void {
    const { clock } = this.options;
    const changed = state !== this.current.state;
    if (state === "registered") this.objects.taken();
    this.current = {
      state,
      reason,
      since: changed ? clock.monotonic() : this.current.since,
      ...(until === undefined ? {} : { until }),
    };
    if (changed) this.logState();
    this.listener.onState(state, changed);
  }

  /** One line a change of state: a registration that is kept alive is no news, nor a retry that fails like those before. */
  private logState(): void {
    const { log } = this.options;
    const { state, reason, until } = this.standing;
    const fields = { state, reason, ...(until === undefined ? {} : { until: new Date(until).toISOString() }) };
    if (state === "disabled" || state === "deregistered") log.info(fields, state);
    else if (state === "waiting") log.info(fields, "registers later");
    else if (state !== "retrying") log.debug(fields, state);
    else if (this.told?.has(reason) === true) log.debug(fields, "still not registered");
    else log.warn({ code: "LG401", ...fields }, "not registered; trying again until it is");
    if (state !== "retrying") return;
    this.told ??= new Set();
    this.told.add(reason);
  }
}

/** What the log says of a registration that outlived the process, or an absence. */
const RESUMED = "registered as before: its observations go on";

function post(path: readonly string[], query: readonly string[], list: Uint8Array | undefined): CoapMessage {
  const format = list === undefined ? [] : [uintOption(OPTION.contentFormat, CONTENT_FORMAT.linkFormat)];
  return {
    code: CODE.post,
    options: [...stringOptions(OPTION.uriPath, path), ...format, ...stringOptions(OPTION.uriQuery, query)],
    payload: list ?? NO_PAYLOAD,
  };
}
