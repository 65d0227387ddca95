/** What each server sees of a configuration: in which layout, by how many registrations, and how long the lists become. */
import { meansDevice } from "../config/access.ts";
import type { Layout, LoadedConfig, ServerSettings } from "../config/types.ts";
import { needsNumbers } from "../gateway/presences/layouts.ts";
import { inFirstDefinition } from "../lwm2m/first-gateway-object.ts";
import { CONTENT_FORMAT } from "../lwm2m/formats/codec.ts";
import { deviceObjectLinks, registerPayload } from "../lwm2m/links.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import { makePath, type Path, pathParts } from "../lwm2m/path.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { TreeModel } from "../lwm2m/tree.ts";
import { deviceIdOf } from "../mapping/device-id.ts";
import type { HiddenObject } from "../servers/layouts/folding.ts";
import { encoded } from "./pack-cost.ts";
import {
  foldedModel,
  listed,
  type OwnObjects,
  ownModel,
  type ShownDevice,
  sharedModel,
  shownDevices,
} from "./shown-models.ts";

/** One server, as its operator would want to know it before the first Register. */
export interface Shown {
  readonly server: number;
  readonly uri: string;
  readonly layout: Layout;
  /** The gateway's own, and in layout `clients` one for each device. */
  readonly registrations: number;
  /** In the order of the files. */
  readonly devices: readonly ShownAs[];
  /** Where they stand among the gateway's own: as how many instances. */
  readonly instances?: number;
  /** Ids of devices that `access.devices` hides from it. */
  readonly unseen: readonly string[];
  /** Objects of devices that this layout cannot show. */
  readonly hidden: readonly HiddenObject[];
  /** What becomes long with many devices. */
  readonly bodies: readonly Body[];
  /** Once it has taken one of its profile IDs, no list goes with a Register. */
  readonly profileIds: readonly string[];
}

export interface ShownAs {
  readonly id: string;
  /** Where the server finds it: a prefix, or an Endpoint Client Name; absent: among the gateway's own objects, or it is no client. */
  readonly prefix?: string;
  readonly endpoint?: string;
}

/** One body of a message. */
export interface Body {
  /** The list of the gateway's own Register, that of the device with the longest, or object 25 read as a whole, in TLV. */
  readonly name: "register" | "clientRegister" | "gatewayObject";
  readonly bytes: number;
  /** Whether a server takes it that has Californium's default limit. */
  readonly fits: boolean;
  /** About how many devices like these that limit has room for; absent where it does not grow with them. */
  readonly room?: number;
}

/** Californium's default for the body of a message in blocks, which Leshan and those who build on it have unless they raise it. */
export const CALIFORNIUM_BODY = 8192;

/** What of a configuration decides it. */
export interface Showing extends Pick<LoadedConfig, "devices" | "catalogue" | "clients"> {
  readonly gateway: Pick<LoadedConfig["gateway"], "endpoint" | "storedObjects" | "remoteModbus">;
  readonly servers: readonly Pick<
    ServerSettings,
    "id" | "uri" | "version" | "layout" | "access" | "gatewayObject" | "profileIds"
  >[];
}

type Server = Showing["servers"][number];

/** Prefixes, and numbers of instances, are those that the store would give out first. */
export function shownTo(config: Showing): readonly Shown[] {
  const all = shownDevices(config.devices, config.catalogue);
  return config.servers.map((server) => {
    const seen = all.filter(({ plan }) => meansDevice(server.access.devices, plan.id));
    const devices = seen.map((device) => shownAs(device, server, config));
    return {
      server: server.id,
      uri: server.uri,
      layout: server.layout,
      registrations: 1 + devices.filter(({ endpoint }) => endpoint !== undefined).length,
      devices,
      unseen: all.filter((device) => !seen.includes(device)).map(({ plan }) => plan.id),
      ...foldingOf(server, seen, config),
      bodies: bodiesOf(server, seen, config),
      profileIds: server.profileIds,
    };
  });
}

function foldingOf(
  server: Server,
  devices: readonly ShownDevice[],
  config: Showing,
): Pick<Shown, "instances" | "hidden"> {
  if (!needsNumbers(server)) return { hidden: [] };
  const { instances, hidden } = foldedModel(ownModel(ownObjects(server, config), devices.length), devices);
  return { instances, hidden };
}

function shownAs({ plan: { id }, prefix }: ShownDevice, { id: server, layout }: Server, config: Showing): ShownAs {
  if (needsNumbers({ layout })) return { id };
  if (layout !== "clients") return { id, prefix };
  const client = config.clients.get(server)?.get(id);
  return client === undefined || "refused" in client ? { id } : { id, endpoint: client.endpoint };
}

function ownObjects({ gatewayObject }: Server, { gateway, catalogue, servers }: Showing): OwnObjects {
  return { gateway, catalogue, accounts: servers.length, gatewayObject };
}

function bodiesOf(server: Server, devices: readonly ShownDevice[], config: Showing): readonly Body[] {
  const version: Lwm2mVersion = server.version === "auto" ? "1.2" : server.version;
  const own = ownObjects(server, config);
  const bytesOf = (model: TreeModel): number => text.encode(registerPayload(listed(model), version)).length;
  const register = (those: readonly ShownDevice[]): number => {
    const model = ownModel(own, those.length);
    return bytesOf(sharedModel(needsNumbers(server) ? foldedModel(model, those).model : model, own));
  };
  const gatewayObject = (those: readonly ShownDevice[]): number => gatewayObjectOf(those, server, config);
  const account = ownModel({ ...own, accounts: 1 }, 0).get(1);
  const clients = devices.map(({ model }) =>
    bytesOf(account === undefined ? model : new Map([...model, [1, account]])),
  );
  return [
    { name: "register", ...sizeOf(devices, register) },
    ...(server.layout === "clients" && clients.length > 0 ? [longest(clients)] : []),
    { name: "gatewayObject", ...sizeOf(devices, gatewayObject) },
  ];
}

function longest(bytes: readonly number[]): Body {
  const most = Math.max(...bytes);
  return { name: "clientRegister", bytes: most, fits: most <= CALIFORNIUM_BODY };
}

/** `bytesOf` grows with the devices. */
function sizeOf(
  devices: readonly ShownDevice[],
  bytesOf: (those: readonly ShownDevice[]) => number,
): Omit<Body, "name"> {
  const bytes = bytesOf(devices);
  const fits = bytes <= CALIFORNIUM_BODY;
  if (devices.length === 0) return { bytes, fits };
  const alike = (count: number): ShownDevice[] =>
    Array.from({ length: count }, (_, i) => devices[i % devices.length]).filter((device) => device !== undefined);
  const isRoom = (count: number): boolean => bytesOf(alike(count)) <= CALIFORNIUM_BODY;
  let [room, tooMany] = [0, 1];
  while (isRoom(tooMany)) [room, tooMany] = [tooMany, 2 * tooMany];
  while (tooMany - room > 1) {
    const middle = Math.floor((room + tooMany) / 2);
    if (isRoom(middle)) room = middle;
    else tooMany = middle;
  }
  return { bytes, fits, room };
}

/** Bytes of object 25, read as a whole in TLV, which servers of every version know. */
function gatewayObjectOf(devices: readonly ShownDevice[], server: Server, { gateway, catalogue }: Showing): number {
  const lists = new WeakMap<TreeModel, string>();
  const samples = devices.flatMap(({ plan, prefix, model }, instance) => {
    const list = lists.get(model) ?? deviceObjectLinks(listed(model));
    lists.set(model, list);
    const at = (resource: number): Path => makePath({ prefix: "", object: GATEWAY_OBJECT, instance, resource });
    return [
      { path: at(0), value: deviceIdOf(plan, gateway.endpoint), time: 0 },
      { path: at(1), value: prefix, time: 0 },
      { path: at(3), value: list, time: 0 },
    ];
  });
  const told: readonly Sample[] = server.gatewayObject === "1.0" ? inFirstDefinition(samples) : samples;
  const own = told.filter(({ path }) => pathParts(path).object === GATEWAY_OBJECT);
  const base = makePath({ prefix: "", object: GATEWAY_OBJECT });
  return encoded(own, base, { contentFormat: CONTENT_FORMAT.tlv, typeOf: catalogue.typeOf }).length;
}

const GATEWAY_OBJECT = 25;
const text = new TextEncoder();
