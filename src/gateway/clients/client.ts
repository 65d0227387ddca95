/** One device as a client of its own at one server, layout `clients`: its account, its server, and when it is registered. */
import { isDeepStrictEqual } from "node:util";
import type { ClientPlan, ServerSettings } from "../../config/types.ts";
import { reasonOf } from "../../errors.ts";
import { underPrefix } from "../../lwm2m/path.ts";
import { accountOf, type ServerAccount } from "../../servers/account.ts";
import { clientView } from "../../servers/client-view.ts";
import type { TurnPlace } from "../../servers/registration-order.ts";
import type { SendOutcome, SendRequest } from "../../servers/send.ts";
import type { Server } from "../../servers/server.ts";
import type { ServerObject } from "../../servers/server-object.ts";
import type { ClientStanding, ClientStatus } from "../../servers/server-status.ts";
import type { Sight } from "../../servers/sight.ts";
import type { View } from "../../servers/view.ts";
import { accountListener } from "../presences/account-listener.ts";
import { type Made, type MakingOptions, madeServer } from "../presences/made-server.ts";
import type { Keeping } from "../state/kept-servers.ts";

export type AcceptedClient = Exclude<ClientPlan, { readonly refused: string }>;

export interface ClientOptions {
  readonly north: MakingOptions["north"];
  /** Those of the server, with what of them holds for this client. */
  readonly settings: ServerSettings;
  /** The definitions of object 1 are those of the gateway's own. */
  readonly gatewayAccount: ServerObject;
  readonly sight: Sight;
  readonly prefix: string;
  /** The device's id. */
  readonly device: string;
  readonly plan: AcceptedClient;
  /** Absent: it waits for no other registration. */
  readonly turn: TurnPlace | undefined;
  readonly keeping: Keeping;
  /** The one before under the same prefix has left. */
  readonly free: Promise<void>;
}

export class Client {
  readonly prefix: string;
  readonly plan: AcceptedClient;
  readonly keeping: Keeping;
  private readonly options: ClientOptions;
  private readonly account: ServerAccount;
  private readonly serverObject: ServerObject;
  private readonly view: View;
  /** Made when it is to be registered for the first time: who was never heard costs nothing. */
  private made: Made | undefined;
  private opened: Promise<void> = Promise.resolve();
  /** Why it has no socket. */
  private fault: string | undefined;
  private wanted = false;
  private closed = false;

  constructor(options: ClientOptions) {
    const { settings, north, gatewayAccount, sight, prefix, plan } = options;
    this.options = options;
    this.prefix = prefix;
    this.plan = plan;
    this.keeping = options.keeping;
    this.account = accountOf(settings, 0);
    this.serverObject = gatewayAccount.alone(
      this.account,
      accountListener({
        listenerOf: () => this.made?.server,
        onWritten: (_, samples, removed) => {
          options.keeping.touch();
          const own = samples.map((sample) => ({ ...sample, path: underPrefix(sample.path, prefix) }));
          this.made?.server.changed(
            own,
            removed.map((path) => underPrefix(path, prefix)),
          );
        },
      }),
      () => north.clock.wall(),
    );
    this.view = clientView(sight, prefix, this.serverObject);
  }

  /** Whether the server may have a registration of it, from this process or the one before. */
  get isKnown(): boolean {
    return this.made !== undefined || this.options.keeping.kept.registration !== undefined;
  }

  isSame(plan: AcceptedClient): boolean {
    return isDeepStrictEqual(plan, this.plan);
  }

  /** Registers it, where it is not. */
  register(): void {
    if (this.wanted || this.closed) return;
    this.wanted = true;
    if (this.made === undefined || this.fault !== undefined) this.opened = this.open();
    else this.made.server.register();
  }

  /** De-registers it: what it observes is void, what it is owed stays. */
  deregister(): void {
    if (!this.wanted) return;
    this.wanted = false;
    this.made?.server.deregister();
  }

  /** De-registers it for good, in order. */
  async close(): Promise<void> {
    this.closed = true;
    await this.opened;
    if (this.fault === undefined) await this.made?.server.stop();
  }

  /** What it shows may be something else now. */
  treesChanged(): void {
    this.made?.server.treesChanged(this.prefix);
    this.made?.server.objectsMayHaveChanged();
  }

  /** Undefined: it was never registered. */
  get server(): Server | undefined {
    return this.made?.server;
  }

  async send(request: SendRequest): Promise<SendOutcome> {
    return (
      this.made?.server.send(request) ?? {
        type: "notSent",
        reason: "the device was not heard yet: it is not registered",
      }
    );
  }

  /** How it stands, without what that takes to count. */
  get standing(): ClientStanding {
    const { device } = this.options;
    if (this.fault !== undefined) return { device, state: "refused", reason: this.fault };
    if (this.made === undefined) return { device, state: "unheard", reason: NOT_HEARD };
    const { state, reason } = this.made.server.standing;
    return { device, state, reason };
  }

  status(): ClientStatus {
    const { prefix, standing } = this;
    const { endpoint } = this.plan;
    if (this.fault !== undefined || this.made === undefined) return { ...standing, prefix, endpoint };
    const { shortServerId: _, uri: __, ...status } = this.made.server.status();
    return { ...status, ...standing, prefix, endpoint };
  }

  private async open(): Promise<void> {
    const { north, settings, keeping, plan, turn, free } = this.options;
    const { account, serverObject, view } = this;
    const { endpoint } = plan;
    await free;
    this.made ??= madeServer({ north, settings, endpoint, account, serverObject, view, turn, keeping });
    try {
      await this.made.server.start();
      this.fault = undefined;
      this.made.begin();
      if (!this.wanted) this.made.server.deregister();
    } catch (error) {
      this.wanted = false;
      this.fault = reasonOf(error);
      north.log.warn(
        { code: "LG403", reason: this.fault },
        "the device has no socket of its own: it is not registered",
      );
    }
  }
}

const NOT_HEARD = "never heard: it is registered when it is";
