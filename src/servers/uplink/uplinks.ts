/** By which of this machine's interfaces one server is reached: what `via:` says, watched. */
import { type Clock, type Millis, SECOND } from "../../clock.ts";
import type { Logger } from "../../log.ts";
import type { IpFamily, LocalAddresses } from "./local-addresses.ts";
import { type Move, type SelectionOptions, type Uplink, UplinkSelection } from "./selection.ts";

export interface UplinksOptions extends SelectionOptions {
  readonly addresses: LocalAddresses;
  readonly clock: Clock;
  readonly log: Logger;
  /** Before anything goes by another one. */
  readonly onLeave: () => void;
}

/** What one transport of the server has of them. */
export interface UplinkPort {
  /**
   * By what to leave now, towards a server that has addresses of these families, the most wanted first. Throws Error where
   * none is up, with a sentence that names them.
   */
  choose(families: readonly IpFamily[]): Uplink;
  /** What was sent after the last `choose` had no answer in its time. */
  unanswered(): void;
}

/** One registration that leaves by them. */
export interface UplinkUser {
  /** Of its transport, since it was made. */
  readonly received: () => number;
  /** By another one, or from another address, from now on; `reason` is for the log. */
  readonly onMoved: (reason: string) => void;
  /**
   * Whether the server answers at this one, found out beside what goes on; undefined: nobody can tell without leaving the one
   * that is in use.
   */
  readonly probe: (uplink: Uplink) => Promise<boolean | undefined>;
}

/** As `status` shows it; plain data. */
export interface UplinkStatus {
  readonly via: readonly string[];
  /** Absent: none is up. */
  readonly current?: Uplink;
  /** How long it is so. */
  readonly for: Millis;
  readonly reason: string;
}

/** One look costs some 50 µs, and one where an interface has gone is no later than that. */
const LOOK_EVERY: Millis = 5 * SECOND;

export class Uplinks {
  private readonly options: UplinksOptions;
  private readonly selection: UplinkSelection;
  private readonly users = new Set<UplinkUser>();
  private received = 0;
  private since: Millis;
  private reason = "none is up";
  /** It was said that the server answers nowhere. */
  private silent = false;
  private trying = false;
  /** To which the next message of a registration goes. */
  private toTry: Uplink | undefined;
  private cancel: () => void = () => {};

  constructor(options: UplinksOptions) {
    this.options = options;
    this.selection = new UplinkSelection(options);
    this.since = options.clock.monotonic();
  }

  /** Looks at once, and then every few seconds. */
  start(): void {
    this.look();
    if (this.selection.current === undefined) {
      this.options.log.warn(
        { code: "LG402", via: this.options.via },
        "none of its interfaces is up: the server is waited for until one is",
      );
    }
  }

  stop(): void {
    this.cancel();
    this.users.clear();
  }

  /** For one transport, until `leave`. */
  join(user: UplinkUser): UplinkPort & { leave(): void } {
    this.users.add(user);
    let asked: number | undefined;
    return {
      choose: (families) => {
        asked = user.received();
        return this.choose(families);
      },
      unanswered: () => {
        const silent = asked === user.received();
        asked = undefined;
        // What anybody else of this server hears shows that the way is good.
        if (silent && !this.isHeard()) this.take(this.selection.unanswered(this.now));
      },
      leave: () => {
        this.isHeard();
        if (this.users.delete(user)) this.received -= user.received();
      },
    };
  }

  status(): UplinkStatus {
    const { current } = this.selection;
    const { reason } = this;
    return {
      via: this.options.via,
      ...(current === undefined ? {} : { current }),
      for: this.now - this.since,
      reason,
    };
  }

  get current(): Uplink | undefined {
    return this.selection.current;
  }

  private get now(): Millis {
    return this.options.clock.monotonic();
  }

  private choose(families: readonly IpFamily[]): Uplink {
    const { toTry } = this;
    this.toTry = undefined;
    if (toTry !== undefined) this.take(this.selection.goBack(toTry));
    this.take(this.selection.serve(families, this.now));
    const { current } = this.selection;
    if (current !== undefined) return current;
    throw new Error(`none of ${this.options.via.join(", ")} is up with an address for this server`);
  }

  private look(): void {
    const { clock, addresses } = this.options;
    this.isHeard();
    this.take(this.selection.look(addresses(), this.now));
    void this.tryEarlier();
    this.cancel = clock.at(clock.monotonic() + LOOK_EVERY, () => this.look());
  }

  /** Whether anything has come since it was asked last. */
  private isHeard(): boolean {
    let received = 0;
    for (const user of this.users) received += user.received();
    const heard = received > this.received;
    this.received = received;
    if (!heard) return false;
    this.selection.heard();
    this.silent = false;
    return true;
  }

  /** Back to an earlier one, where the server answers there. */
  private async tryEarlier(): Promise<void> {
    const candidate = this.trying ? undefined : this.selection.candidate(this.now);
    const [user] = this.users;
    if (candidate === undefined || user === undefined || this.toTry !== undefined) return;
    this.trying = true;
    const answers = await user.probe(candidate);
    this.trying = false;
    if (answers === undefined) this.toTry = candidate;
    else this.take(this.selection.tried(candidate, answers, this.now));
  }

  private take(move: Move | undefined): void {
    if (move === undefined) return;
    const { onLeave, log } = this.options;
    onLeave();
    const { to, reason } = move;
    this.isHeard();
    this.since = this.now;
    this.reason = reason;
    // Where the server is silent everywhere, it is looked for everywhere in turn: nobody wants to read of each.
    const level = this.silent ? "debug" : "info";
    if (to === undefined)
      log.warn({ code: "LG402", reason }, "none of its interfaces is up: the server is waited for until one is");
    else
      log[level](
        { via: to.name, address: to.address, reason },
        "the server is reached by another interface from now on",
      );
    if (to !== undefined && this.selection.allFailed && !this.silent) {
      this.silent = true;
      log.warn(
        { code: "LG402", via: this.options.via },
        "the server answers through none of its interfaces: each is tried in turn",
      );
    }
    // Of a cable that is pulled and put back nobody else needs to know.
    if (to !== undefined) for (const user of [...this.users]) user.onMoved(`${to.name}: ${reason}`);
  }
}
