/** One registration at one server: made of the configuration, and of what the process before this one left. */
import type { ServerSettings } from "../config/types.ts";
import { AttributeStore } from "../lwm2m/attribute-store.ts";
import type { Attributes } from "../lwm2m/attributes.ts";
import { Observations } from "../lwm2m/observations.ts";
import { Registration } from "../lwm2m/registration.ts";
import type { ServerAccount } from "../servers/account.ts";
import { writtenOf } from "../servers/kept-account.ts";
import { NOTHING_KEPT } from "../servers/kept-state.ts";
import { isThere } from "../servers/known-tree.ts";
import type { TurnPlace } from "../servers/registration-order.ts";
import { Server } from "../servers/server.ts";
import type { ServerObject } from "../servers/server-object.ts";
import type { ServerOptions } from "../servers/server-options.ts";
import type { Transport } from "../servers/transport/transport.ts";
import { isOurs, type View } from "../servers/view.ts";
import type { Keeping } from "./kept-servers.ts";
import type { NorthOptions } from "./north.ts";
import { coapEndpoint, outstanding, versionsOver } from "./schemes.ts";

export interface MakingOptions {
  readonly north: Omit<NorthOptions, "settings" | "store" | "endpoint"> & Pick<ServerOptions, "onState">;
  readonly settings: ServerSettings;
  /** Endpoint Client Name of this registration. */
  readonly endpoint: string;
  readonly account: ServerAccount;
  /** Object 1. */
  readonly serverObject: ServerObject;
  readonly view: View;
  /** Among the servers that are registered at one after the other; absent: it waits for none. */
  readonly turn?: TurnPlace;
  /** Absent: nothing of it outlives the process. */
  readonly keeping: Keeping | undefined;
}

export interface Made {
  readonly server: Server;
  /** It stands as it was left: from now on its state is kept. */
  readonly begin: () => void;
}

export function madeServer(options: MakingOptions): Made {
  const { account, serverObject, view, keeping } = options;
  const attributes = new AttributeStore(
    () => defaultsOf(account),
    () => keeping?.touch(),
  );
  keeping?.restore("account", (written) => serverObject.restore(account, written));
  keeping?.restore("attributes", (text) => attributes.restore(text, (path) => isThere(view.treeOf, path)));
  const server = new Server(optionsOf(options, attributes));
  const begin = () =>
    keeping?.begin(() => ({
      account: writtenOf(account),
      attributes: attributes.empty ? undefined : attributes.serialize(),
      ...server.toKeep,
    }));
  return { server, begin };
}

function optionsOf(options: MakingOptions, attributes: AttributeStore): ServerOptions {
  const { north, settings, account, serverObject, view, keeping } = options;
  const { random, clock, log, history, keep, onEvaluation, onState } = north;
  const { kept = NOTHING_KEPT } = keeping ?? {};
  return {
    shortServerId: settings.id,
    uri: settings.uri,
    clock,
    log,
    transport: transportOf(options, kept.registration?.from.port),
    coap: coapEndpoint(settings, random, kept.numbers),
    registration: registrationOf(options),
    turn: options.turn,
    observations: new Observations(attributes, (path) => isOurs(view, path)),
    attributes,
    view,
    reports: settings.reports,
    storing: () => account.notificationStoring,
    onEvaluation,
    queueMode: { enabled: account.queueMode, awake: settings.awake },
    muted: () => account.muteSend,
    onRegistered: (registered) => {
      serverObject.registered(account, registered);
      north.onRegistered();
    },
    nstart: outstanding(settings),
    ackTimeout: settings.ackTimeout,
    history,
    delivery: settings.history,
    keep,
    maxMessage: settings.maxMessage,
    kept,
    onToKeep: () => keeping?.touch(),
    ...(onState === undefined ? {} : { onState }),
  };
}

function transportOf({ north, settings }: MakingOptions, port: number | undefined): Transport {
  const { clock, random, log, openTransport } = north;
  const certificateTime = () => clock.forCertificates;
  return openTransport(settings, { clock, random, log: log.child({ server: settings.id }), certificateTime }, port);
}

function registrationOf({ north: { random }, settings, endpoint, account }: MakingOptions): Registration {
  const { version, scheme, profileIds, reregisterOnChange } = settings;
  return new Registration({
    endpoint,
    lifetime: account.lifetime,
    binding: account.binding,
    queueMode: account.queueMode,
    versions: version === "auto" ? versionsOver(scheme) : [version],
    supportedVersions: () => [...account.supportedVersions.values()],
    profileIds,
    reregisterOnChange,
    random,
    serverRetry: () => account.retry,
    outlivesConnection: scheme === "coaps",
  });
}

/** What counts where no attribute is attached. */
function defaultsOf({
  defaultMinimumPeriod: pmin,
  defaultMaximumPeriod: pmax,
  notificationMode: con,
}: ServerAccount): Attributes {
  return {
    ...(pmin === undefined ? {} : { pmin }),
    ...(pmax === undefined ? {} : { pmax }),
    ...(con === undefined ? {} : { con }),
  };
}
