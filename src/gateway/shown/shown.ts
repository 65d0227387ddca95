/** What a server sees of the gateway and its devices: in which layout, by how many registrations, and how long the lists become. */
import { meansDevice } from "../../config/access.ts";
import type { ServerSettings } from "../../config/types.ts";
import type { GatewayEntry } from "../../devices/gateway-objects.ts";
import { inFirstDefinition } from "../../lwm2m/first-gateway-object.ts";
import { tlv } from "../../lwm2m/formats/tlv.ts";
import { registerPayload } from "../../lwm2m/links.ts";
import type { ObjectCatalogue } from "../../lwm2m/objects/index.ts";
import type { Lwm2mVersion } from "../../lwm2m/objects/versions.ts";
import { makePath, type Path, pathParts } from "../../lwm2m/path.ts";
import type { BackedTree, TreeModel } from "../../lwm2m/tree.ts";
import type { HiddenObject } from "../../servers/layouts/folding.ts";
import { type Folding, foldedModel, listed, type OwnObjects, ownModel, sharedModel } from "./models.ts";

/** One server, as its operator would want to know it; plain data. */
export interface Shown {
  readonly server: number;
  readonly uri: string;
  /** As it is configured. */
  readonly layout: ServerSettings["layout"];
  /** As it is now: `auto` begins as `instances`. */
  readonly shownAs: ShownLayout;
  /** The gateway's own, and in layout `clients` one for each device. */
  readonly registrations: number;
  /** In the order of the files. */
  readonly devices: readonly ShownAs[];
  /** Where they stand among the gateway's own: as how many instances. */
  readonly instances?: number;
  /** Ids of devices that `access.devices` hides from it. */
  readonly unseen: readonly string[];
  /** What of the rest it may change. */
  readonly access: ShownAccess;
  /** Objects of devices that this layout cannot show. */
  readonly hidden: readonly HiddenObject[];
  /** What becomes long with many devices. */
  readonly bodies: readonly Body[];
  /** Once it has taken one of its profile IDs, no list goes with a Register. */
  readonly profileIds: readonly string[];
}

export type ShownLayout = Exclude<ServerSettings["layout"], "auto">;

export interface ShownAs {
  readonly id: string;
  /** Where the server finds it: a prefix, or an Endpoint Client Name; absent: among the gateway's own objects, or it is no client. */
  readonly prefix?: string;
  readonly endpoint?: string;
}

/** As the configuration has it, which stands above what servers grant each other. */
export interface ShownAccess extends Pick<ServerSettings["access"], "write" | "limit"> {
  /** With `listed`: paths, in which `*` stands for whatever is there. */
  readonly writable: readonly string[];
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

/** Its settings, and how it is shown the devices now. */
export interface ShownServer
  extends Pick<ServerSettings, "id" | "uri" | "layout" | "access" | "gatewayObject" | "profileIds"> {
  readonly shownAs: ShownLayout;
  /** In which the lists are written. */
  readonly version: Lwm2mVersion;
}

/** What there is, before anybody decides what one server sees of it. */
export interface Scene {
  readonly own: OwnObjects;
  /** In the order of the files. */
  readonly devices: readonly ShownDevice[];
  readonly catalogue: ObjectCatalogue;
  /** Layout `clients`: Endpoint Client Name of a device; undefined: it is no client of that server. */
  readonly endpointOf: (server: number, device: ShownDevice) => string | undefined;
  /** Layout `instances`: which number an instance has; absent: the smallest that is free. */
  readonly numberOf?: (device: ShownDevice, object: number, instance: number) => number | undefined;
}

/** A device as servers see it, with what object 25 says of it. */
export interface ShownDevice extends GatewayEntry {
  readonly id: string;
  readonly tree: BackedTree;
}

/** How a server is shown the devices before it has asked for anything; and in which version, if it knows the newest. */
export function atFirst({
  layout,
  version,
}: Pick<ServerSettings, "layout" | "version">): Pick<ShownServer, "shownAs" | "version"> {
  return {
    shownAs: layout === "auto" ? "instances" : layout,
    version: version === "auto" ? "1.2" : version,
  };
}

export function shownTo(server: ShownServer, scene: Scene): Shown {
  const { id, uri, layout, shownAs, access, profileIds } = server;
  const seen = scene.devices.filter((device) => meansDevice(access.devices, device.id));
  const devices = seen.map((device) => placeOf(device, server, scene));
  const folding = shownAs === "instances" ? foldingOf(seen, server, scene) : undefined;
  return {
    ...{ server: id, uri, layout, shownAs },
    registrations: 1 + devices.filter(({ endpoint }) => endpoint !== undefined).length,
    devices,
    ...(folding === undefined ? {} : { instances: folding.instances }),
    unseen: scene.devices.filter((device) => !seen.includes(device)).map((device) => device.id),
    access: accessOf(access),
    hidden: folding?.hidden ?? [],
    bodies: bodiesOf(seen, server, scene),
    profileIds,
  };
}

function accessOf({ write, writable, limit }: ServerSettings["access"]): ShownAccess {
  return { write, writable: writable.map(({ text }) => text), ...(limit === undefined ? {} : { limit }) };
}

function placeOf(device: ShownDevice, { id: server, shownAs }: ShownServer, { endpointOf }: Scene): ShownAs {
  const { id, prefix } = device;
  switch (shownAs) {
    case "gateway":
      return { id, prefix };
    case "instances":
      return { id };
    case "clients": {
      const endpoint = endpointOf(server, device);
      return endpoint === undefined ? { id } : { id, endpoint };
    }
  }
}

function foldingOf(devices: readonly ShownDevice[], { gatewayObject }: ShownServer, scene: Scene): Folding {
  const { own, catalogue, numberOf } = scene;
  return foldedModel(own, ownModel(own, devices, { catalogue, gatewayObject }), devices, numberOf);
}

function bodiesOf(devices: readonly ShownDevice[], server: ShownServer, scene: Scene): readonly Body[] {
  const { shownAs } = server;
  const clients = shownAs === "clients" ? clientBodies(devices, server, scene) : [];
  return [
    { name: "register", ...sizeOf(devices, scene, (those, there) => registerBytes(those, server, there)) },
    ...(clients.length === 0 ? [] : [longest(clients)]),
    { name: "gatewayObject", ...sizeOf(devices, scene, (those) => gatewayObjectBytes(those, server, scene)) },
  ];
}

function registerBytes(devices: readonly ShownDevice[], server: ShownServer, scene: Scene): number {
  const { own, catalogue } = scene;
  const { gatewayObject, shownAs, version } = server;
  const model =
    shownAs === "instances"
      ? foldingOf(devices, server, scene).model
      : ownModel(own, devices, { catalogue, gatewayObject });
  return bytesOf(sharedModel(model, own, catalogue), version);
}

/** Each device has its objects, and an account of its own. */
function clientBodies(devices: readonly ShownDevice[], { version }: ShownServer, { own }: Scene): readonly number[] {
  const account = own.model.get(SERVER_OBJECT);
  const [first] = account?.instances ?? [];
  const bytes = new Map<TreeModel, number>();
  for (const { model } of devices.map(({ tree }) => tree.backing)) {
    if (bytes.has(model)) continue;
    const whole =
      account === undefined || first === undefined
        ? model
        : new Map([...model, [SERVER_OBJECT, { ...account, instances: new Map([[0, first[1]]]) }] as const]);
    bytes.set(model, bytesOf(whole, version));
  }
  return [...bytes.values()];
}

function bytesOf(model: TreeModel, version: Lwm2mVersion): number {
  return text.encode(registerPayload(listed(model), version)).length;
}

function longest(bytes: readonly number[]): Body {
  const most = Math.max(...bytes);
  return { name: "clientRegister", bytes: most, fits: most <= CALIFORNIUM_BODY };
}

/** `bytes` grow with the devices. */
function sizeOf(
  devices: readonly ShownDevice[],
  scene: Scene,
  bytesOf: (those: readonly ShownDevice[], scene: Scene) => number,
): Omit<Body, "name"> {
  const bytes = bytesOf(devices, scene);
  const fits = bytes <= CALIFORNIUM_BODY;
  if (devices.length === 0) return { bytes, fits };
  // Of many that are alike nobody has the numbers: they get the smallest.
  const { numberOf: _, ...fresh } = scene;
  const isRoom = (count: number): boolean => bytesOf(alike(devices, count), fresh) <= CALIFORNIUM_BODY;
  return { bytes, fits, room: most(isRoom, Math.round((CALIFORNIUM_BODY * devices.length) / bytes)) };
}

function alike(devices: readonly ShownDevice[], count: number): readonly ShownDevice[] {
  return Array.from({ length: count }, (_, instance) => devices[instance % devices.length]).flatMap(
    (device, instance) => (device === undefined ? [] : [{ ...device, instance }]),
  );
}

/** The largest count that is still right, where 0 is. It is looked for from `near` on: each try costs as much as it counts. */
function most(isRight: (count: number) => boolean, near: number): number {
  let [right, wrong] = [0, near + 1];
  for (let step = 1; isRight(wrong); step *= 2) [right, wrong] = [wrong, wrong + step];
  for (let step = 1; right === 0 && wrong > 1; step *= 2) {
    const lower = Math.max(1, wrong - step);
    if (isRight(lower)) right = lower;
    else wrong = lower;
  }
  while (wrong - right > 1) {
    const middle = Math.floor((right + wrong) / 2);
    if (isRight(middle)) right = middle;
    else wrong = middle;
  }
  return right;
}

/** Bytes of object 25, read as a whole in TLV, which servers of every version know. */
function gatewayObjectBytes(
  devices: readonly ShownDevice[],
  { gatewayObject }: ShownServer,
  { catalogue }: Scene,
): number {
  const samples = devices.flatMap(({ instance, deviceId, prefix, objects }) => {
    const at = (resource: number): Path => makePath({ prefix: "", object: GATEWAY_OBJECT, instance, resource });
    return [
      { path: at(0), value: deviceId, time: 0 },
      { path: at(1), value: prefix, time: 0 },
      { path: at(3), value: objects, time: 0 },
    ];
  });
  const told = gatewayObject === "1.0" ? inFirstDefinition(samples) : samples;
  const own = told.filter(({ path }) => pathParts(path).object === GATEWAY_OBJECT);
  return tlv.encode(own, makePath({ prefix: "", object: GATEWAY_OBJECT }), catalogue.typeOf).length;
}

const SERVER_OBJECT = 1;
const GATEWAY_OBJECT = 25;
const text = new TextEncoder();
