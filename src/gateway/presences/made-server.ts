/** One registration at one server: made of the configuration, and of what the process before this one left. */
import { SECOND } from "../../clock.ts";
import type { ServerSettings } from "../../config/types.ts";
import { AttributeStore } from "../../lwm2m/attribute-store.ts";
import type { Attributes } from "../../lwm2m/attributes.ts";
import { Observations } from "../../lwm2m/observations.ts";
import type { Path } from "../../lwm2m/path.ts";
import { Registration } from "../../lwm2m/registration.ts";
import type { ControlledView } from "../../servers/access-control/controlled-view.ts";
import type { ServerAccount } from "../../servers/account.ts";
import { writtenOf } from "../../servers/kept-account.ts";
import { NOTHING_KEPT } from "../../servers/kept-state.ts";
import { isThere } from "../../servers/known-tree.ts";
import type { TurnPlace } from "../../servers/registration-order.ts";
import { Server } from "../../servers/server.ts";
import type { ServerObject } from "../../servers/server-object.ts";
import type { ServerOptions } from "../../servers/server-options.ts";
import type { Transport } from "../../servers/transport/transport.ts";
import type { UplinkPort } from "../../servers/uplink/uplinks.ts";
import { isOurs, type View } from "../../servers/view.ts";
import type { NorthOptions } from "../north.ts";
import type { Keeping } from "../state/kept-servers.ts";
import type { Outlets } from "../transport/outlets.ts";
import { coapEndpoint, outstanding, versionsOver } from "../transport/schemes.ts";

export interface MakingOptions {
  readonly north: Omit<NorthOptions, "settings" | "store" | "endpoint"> &
    Pick<ServerOptions, "onState" | "pace"> & {
      /** How the servers are reached. */
      readonly outlets: Outlets;
    };
  readonly settings: ServerSettings;
  /** Endpoint Client Name of this registration. */
  readonly endpoint: string;
  readonly account: ServerAccount;
  /** Object 1. */
  readonly serverObject: ServerObject;
  readonly view: View;
  /** Object 2, where other servers share what the view shows. */
  readonly control?: (view: View) => ControlledView;
  /** Among the servers that are registered at one after the other; absent: it waits for none. */
  readonly turn?: TurnPlace | undefined;
  /** Absent: nothing of it outlives the process. */
  readonly keeping: Keeping | undefined;
  /** It follows another registration of this process, at the same server: what was kept is not its own. */
  readonly after?: Predecessor;
}

export interface Predecessor {
  readonly attributes: AttributeStore;
  /** What stands at a path of it stands at these now. */
  readonly pathsOf: (path: Path) => readonly Path[];
}

export interface Made {
  readonly server: Server;
  /** Those that the server has written. */
  readonly attributes: AttributeStore;
  /** It stands as it was left: from now on its state is kept. */
  readonly begin: () => void;
  /** What there is may be another: the server hears what of object 2 is. */
  readonly look: () => void;
}

export function madeServer(given: MakingOptions): Made {
  const controlled = given.control?.(given.view);
  const options = controlled === undefined ? given : { ...given, view: controlled };
  const { account, serverObject, view, keeping, north, settings, after } = options;
  const attributes = new AttributeStore(
    () => defaultsOf(account),
    () => keeping?.touch(),
  );
  const isKnown = (path: Path): boolean => isThere(view.treeOf, path);
  if (after === undefined) {
    keeping?.restore("account", (written) => serverObject.restore(account, written));
    keeping?.restore("attributes", (text) => attributes.restore(text, isKnown));
  } else {
    attributes.follow(after.attributes, (path) => after.pathsOf(path).filter(isKnown));
  }
  const outlet = north.outlets.of(settings.id);
  const { transport, leave } = outlet.join({
    open: (uplink) => transportOf(options, uplink),
    onMoved: (reason) => server.uplinkChanged(reason),
    onRestraint: () => server.restraintChanged(),
  });
  const server: Server = new Server({
    ...optionsOf(options, attributes),
    transport,
    observations: new Observations(
      {
        effective: (path) => attributes.effective(path),
        defaults: () => attributes.defaults(),
        floor: () => outlet.restraint.pmin / SECOND,
      },
      (path) => isOurs(view, path),
    ),
    restraint: () => outlet.restraint,
    onStopped: leave,
  });
  const begin = () =>
    keeping?.begin(() => ({
      account: writtenOf(account),
      attributes: attributes.empty ? undefined : attributes.serialize(),
      ...server.toKeep,
    }));
  const look = (): void => tellNews(server, controlled);
  controlled?.onWritten(look);
  return { server, attributes, begin, look };
}

function tellNews(server: Server, controlled: ControlledView | undefined): void {
  const { samples = [], gone = [] } = controlled?.news() ?? {};
  if (samples.length + gone.length > 0) server.changed(samples, gone);
}

function optionsOf(
  options: MakingOptions,
  attributes: AttributeStore,
): Omit<ServerOptions, "transport" | "observations"> {
  const { north, settings, account, serverObject, view, keeping } = options;
  const { random, clock, log, history, keep, pace, onEvaluation, onState } = north;
  const { kept = NOTHING_KEPT } = (options.after === undefined ? keeping : undefined) ?? {};
  return {
    shortServerId: settings.id,
    uri: settings.uri,
    clock,
    log,
    coap: coapEndpoint(settings, random, kept.numbers),
    registration: registrationOf(options),
    turn: options.turn,
    pace,
    attributes,
    view,
    audited: settings.access.audit,
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

/** It leaves from the port of before, where that is free: by that a server knows us. */
function transportOf(
  { north, settings, account, serverObject, keeping }: MakingOptions,
  uplink: UplinkPort | undefined,
): Transport {
  const { clock, random, log: all, openTransport } = north;
  const certificateTime = () => clock.forCertificates;
  const log = all.child({ server: settings.id });
  const { port } = keeping?.kept.registration?.from ?? {};
  const onAlert = (alert: number): void => serverObject.alerted(account, alert);
  return openTransport(settings, { clock, random, log, certificateTime, uplink, onAlert }, port);
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
