/** A server that sees each device as a client of its own, beside the gateway with its inventory: layout `clients`. */
import { type Millis, SECOND, type UnixMillis } from "../../clock.ts";
import type { ClientSettings, ServerSettings } from "../../config/types.ts";
import type { ObservationId } from "../../lwm2m/observation-id.ts";
import { type Path, prefixOf } from "../../lwm2m/path.ts";
import type { RegistrationEvent } from "../../lwm2m/registration.ts";
import type { Sample } from "../../lwm2m/sample.ts";
import { type Drive, drive } from "../../machine.ts";
import { type AbsenceEvent, Absences } from "../../servers/absences.ts";
import { parentView } from "../../servers/client-view.ts";
import { Pace } from "../../servers/pace.ts";
import type { SendOutcome, SendRequest } from "../../servers/send.ts";
import type { ClientStatus, ServerStatus } from "../../servers/server-status.ts";
import type { Sight } from "../../servers/sight.ts";
import { type MakingOptions, madeServer } from "../presences/made-server.ts";
import type { Presence, PresenceListener } from "../presences/presence.ts";
import { singlePresence } from "../presences/single-presence.ts";
import type { KeptServers } from "../state/kept-servers.ts";
import { type AcceptedClient, Client } from "./client.ts";
import type { ClientDevice } from "./client-device.ts";
import { ClientHistories } from "./client-histories.ts";
import { ClientLogger, ClientsLog } from "./clients-log.ts";

export interface ClientsOptions extends Omit<MakingOptions, "view"> {
  readonly settings: ServerSettings & { readonly clients: ClientSettings };
  readonly sight: Sight;
  readonly kept: KeptServers;
  /** The device that has the prefix now; undefined: none. */
  readonly deviceOf: (prefix: string) => ClientDevice | undefined;
}

/** A stop takes so long at most, beside the time that the last has for its answer. */
const LONGEST_LEAVE: Millis = 5 * SECOND;
const LEAST_LEAVING = 100;

export class ClientsPresence implements Presence, PresenceListener {
  readonly shortServerId: number;
  private readonly options: ClientsOptions;
  /** What of the server's holds for every client. */
  private readonly settings: ServerSettings;
  private readonly histories: ClientHistories;
  private readonly own: Presence;
  private readonly clients = new Map<string, Client>();
  /** Why a device is no client. */
  private readonly refused = new Map<string, { readonly device: string; readonly reason: string }>();
  /** Those that are leaving, until they have left. */
  private readonly leaving = new Map<string, Promise<void>>();
  private readonly absences: Drive<AbsenceEvent>;
  private readonly pace: Pace;
  private readonly log: ClientsLog;
  private running = false;

  constructor(options: ClientsOptions) {
    const { settings, north, sight } = options;
    this.options = options;
    this.shortServerId = settings.id;
    this.settings = { ...settings, lifetime: settings.clients.lifetime };
    this.histories = new ClientHistories(settings.id, north.history);
    this.own = singlePresence(
      madeServer({ ...options, north: { ...north, history: this.histories.of("") }, view: parentView(sight) }),
    );
    this.pace = new Pace(north.clock, settings.clients.perSecond);
    this.log = new ClientsLog(north.clock, north.log.child({ server: settings.id }), () => [
      ...[...this.clients.values()].map(({ standing }) => standing),
      ...this.refusals(),
    ]);
    this.absences = drive(new Absences(), north.clock, ({ prefix }) => this.clients.get(prefix)?.deregister());
  }

  async start(): Promise<void> {
    await this.own.start();
    this.running = true;
    this.look();
    this.options.kept.dropRest(this.shortServerId);
  }

  /** All of them, a few at a time: the server has them to answer. */
  async stop(): Promise<void> {
    this.running = false;
    this.absences.stop();
    this.log.stop();
    const { clock } = this.options.north;
    const leave = new Pace(clock, Math.max(LEAST_LEAVING, this.clients.size / (LONGEST_LEAVE / SECOND)));
    const closed: Promise<void>[] = [this.own.stop(), ...this.leaving.values()];
    for (const client of this.clients.values()) {
      if (client.isKnown) await leave.turn();
      closed.push(client.close());
    }
    await Promise.all(closed);
    this.pace.stop();
  }

  /** Whether all that are to be registered have had their turn. */
  get settled(): boolean {
    return this.pace.length === 0;
  }

  get listener(): PresenceListener {
    return this;
  }

  changed(samples: readonly Sample[], gone: readonly Path[]): void {
    const prefix = onlyPrefix(samples, gone);
    if (prefix !== undefined) {
      this.changedOf(prefix, samples, gone);
      return;
    }
    const prefixes = new Set([...samples.map(({ path }) => prefixOf(path)), ...gone.map(prefixOf)]);
    for (const each of prefixes) {
      const mine = samples.filter(({ path }) => prefixOf(path) === each);
      this.changedOf(
        each,
        mine,
        gone.filter((path) => prefixOf(path) === each),
      );
    }
  }

  removed(path: Path): void {
    const prefix = prefixOf(path);
    if (prefix === "") this.own.listener.removed(path);
    else this.clients.get(prefix)?.server?.removed(path);
  }

  appeared(prefix: string): void {
    const client = this.clients.get(prefix);
    this.absences({ type: "back", prefix });
    client?.register();
    client?.server?.appeared(prefix);
  }

  disappeared(prefix: string): void {
    this.follow(prefix);
  }

  treesChanged(prefix?: string): void {
    if (prefix === undefined || prefix === "") this.own.treesChanged(prefix);
    if (prefix === undefined) this.look();
    else this.clients.get(prefix)?.treesChanged();
  }

  objectsChanged(): void {
    this.own.listener.objectsChanged();
  }

  dated(started: UnixMillis): void {
    this.own.listener.dated(started);
    for (const { server } of this.clients.values()) server?.dated(started);
  }

  forgotten(match: (id: ObservationId) => boolean): void {
    this.own.listener.forgotten(match);
    for (const { server } of this.clients.values()) server?.forgotten(match);
  }

  /** Each device sends for itself; of several the first that could not tells why. */
  async send({ samples, format }: SendRequest): Promise<SendOutcome> {
    const shares = new Map<string, Sample[]>();
    for (const sample of samples) {
      const prefix = prefixOf(sample.path);
      shares.set(prefix, [...(shares.get(prefix) ?? []), sample]);
    }
    const outcomes = await Promise.all(
      [...shares].map(async ([prefix, share]) => ({
        prefix,
        outcome: await this.sendOf(prefix, { samples: share, format }),
      })),
    );
    const failed = outcomes.find(({ outcome }) => outcome.type !== "delivered");
    if (failed === undefined) return { type: "delivered" };
    const { prefix, outcome } = failed;
    const others = outcomes.filter((other) => other.outcome.type === "delivered").length;
    const delivered = others === 0 ? "" : `; ${others} others were delivered`;
    return outcome.type === "delivered" || prefix === ""
      ? outcome
      : { ...outcome, reason: `${prefix}: ${outcome.reason}${delivered}` };
  }

  onAccount(event: RegistrationEvent): void {
    this.own.listener.onAccount(event);
  }

  muteChanged(): void {
    this.own.listener.muteChanged();
  }

  defaultsChanged(): void {
    this.own.listener.defaultsChanged();
  }

  status(): ServerStatus {
    const clients = [...[...this.clients.values()].map((client) => client.status()), ...this.refusals()];
    return { ...this.own.status(), clients };
  }

  get registered(): boolean {
    return this.own.registered;
  }

  private refusals(): readonly ClientStatus[] {
    return [...this.refused].map(([prefix, { device, reason }]) => ({ device, prefix, state: "refused", reason }));
  }

  private changedOf(prefix: string, samples: readonly Sample[], gone: readonly Path[]): void {
    if (prefix === "") this.own.listener.changed(samples, gone);
    else this.clients.get(prefix)?.server?.changed(samples, gone);
  }

  private async sendOf(prefix: string, request: SendRequest): Promise<SendOutcome> {
    if (prefix === "") return this.own.send(request);
    const refused = this.refused.get(prefix)?.reason ?? "the device is no client of this server";
    return this.clients.get(prefix)?.send(request) ?? { type: "notSent", reason: refused };
  }

  /** Devices came, went, or are called something else. */
  private look(): void {
    if (!this.running) return;
    const there = new Set(this.options.sight.prefixes);
    for (const prefix of [...this.clients.keys()]) if (!there.has(prefix)) this.drop(prefix);
    this.refused.clear();
    for (const prefix of there) {
      const device = prefix === "" ? undefined : this.options.deviceOf(prefix);
      if (device !== undefined) this.place(prefix, device);
    }
    this.log.touch();
  }

  private place(prefix: string, { id, plan }: ClientDevice): void {
    const client = this.clients.get(prefix);
    if ("refused" in plan) {
      if (client !== undefined) this.drop(prefix);
      this.refused.set(prefix, { device: id, reason: plan.refused });
      return;
    }
    if (client?.isSame(plan) === true) client.treesChanged();
    else {
      if (client !== undefined) this.drop(prefix);
      this.clients.set(prefix, this.make(prefix, id, plan));
    }
    this.follow(prefix);
  }

  private make(prefix: string, device: string, plan: AcceptedClient): Client {
    const { north, settings, kept, sight, serverObject, turn } = this.options;
    const { endpoint, security } = plan;
    const { uri } = settings;
    return new Client({
      north: {
        ...north,
        log: new ClientLogger(north.log, { device, server: settings.id }),
        history: this.histories.of(prefix),
        pace: this.pace,
        onState: () => this.log.touch(),
      },
      settings: security === undefined ? this.settings : { ...this.settings, security },
      gatewayAccount: serverObject,
      turn: turn?.devices,
      sight,
      prefix,
      device,
      plan,
      keeping: kept.of(settings.id, { endpoint, uri }, prefix),
      free: this.leaving.get(prefix) ?? Promise.resolve(),
    });
  }

  private drop(prefix: string): void {
    const client = this.clients.get(prefix);
    this.clients.delete(prefix);
    this.absences({ type: "back", prefix });
    if (client === undefined) return;
    const left = Promise.all([client.close(), this.leaving.get(prefix)]).then(() => {
      client.keeping.drop();
      this.histories.refresh();
      if (this.leaving.get(prefix) === left) this.leaving.delete(prefix);
    });
    this.leaving.set(prefix, left);
  }

  /** Registers who is there; who is away for too long is taken to be gone. */
  private follow(prefix: string): void {
    const client = this.clients.get(prefix);
    const device = this.options.deviceOf(prefix);
    if (client === undefined || device === undefined) return;
    const { online, deregisterAfter: after } = device;
    if (online || after === undefined) {
      this.absences({ type: "back", prefix });
      client.register();
    } else if (client.isKnown) {
      client.register();
      this.absences({ type: "gone", prefix, after });
    }
    this.log.touch();
  }
}

/** Nearly all changes are of one device; undefined: they are of several. */
function onlyPrefix(samples: readonly Sample[], gone: readonly Path[]): string | undefined {
  const first = samples[0]?.path ?? gone[0];
  if (first === undefined) return "";
  const prefix = prefixOf(first);
  const isSame = (path: Path): boolean => prefixOf(path) === prefix;
  return samples.every(({ path }) => isSame(path)) && gone.every(isSame) ? prefix : undefined;
}
