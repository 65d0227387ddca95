/** The attributes of a peripheral, in the order of their handles (Core Specification 5.4, Vol. 3, Part G, 3). */
import type { Property } from "../radio/radio.ts";
import { normalUuid } from "../radio/uuid.ts";
import { u16 } from "./little-endian.ts";
import type { PeripheralSpec, ServiceSpec } from "./peripheral-spec.ts";
import { type Hearer, PlayedCharacteristic } from "./played-characteristic.ts";
import { uuidBytes } from "./uuid-bytes.ts";

export type Attribute = { readonly handle: number; readonly type: Uint8Array } & (
  | {
      readonly kind: "service";
      readonly value: Uint8Array /** The last handle of the service. */;
      readonly end: number;
    }
  /** What anybody may read, and nobody write: the declaration of a characteristic, a descriptor. */
  | { readonly kind: "constant"; readonly value: Uint8Array }
  | { readonly kind: "value"; readonly characteristic: PlayedCharacteristic }
  | { readonly kind: "configuration"; readonly characteristic: PlayedCharacteristic }
);

/** Attribute types of GATT (Vol. 3, Part G, 3.4). */
export const PRIMARY_SERVICE = uuidBytes("2800");
const CHARACTERISTIC = uuidBytes("2803");
const CLIENT_CONFIGURATION = uuidBytes("2902");

/** Bits of Characteristic Properties (Vol. 3, Part G, 3.3.1.1). */
const PROPERTY: Readonly<Record<Property, number>> = {
  read: 0x02,
  "write-without-response": 0x04,
  write: 0x08,
  notify: 0x10,
  indicate: 0x20,
};

export class GattDatabase {
  /** By handle - 1. */
  readonly attributes: readonly Attribute[];
  readonly characteristics: readonly PlayedCharacteristic[];

  /** `hearer`: the connection, while there is one. Throws RangeError where a UUID is none. */
  constructor(spec: Pick<PeripheralSpec, "name" | "services">, hearer: () => Hearer | undefined) {
    const attributes: Attribute[] = [];
    for (const service of allServices(spec)) addService(service, attributes, hearer);
    this.attributes = attributes;
    this.characteristics = attributes.flatMap((one) => (one.kind === "value" ? [one.characteristic] : []));
  }

  at(handle: number): Attribute | undefined {
    return this.attributes[handle - 1];
  }

  /** Those of a range of handles, both ends included. */
  between(first: number, last: number): readonly Attribute[] {
    return this.attributes.slice(Math.max(0, first - 1), last);
  }
}

/** Every server has these two (Vol. 3, Part C, 12; Part G, 7). */
function allServices({ name = "", services = [] }: Pick<PeripheralSpec, "name" | "services">): readonly ServiceSpec[] {
  const has = (uuid: string): boolean => services.some((service) => normalUuid(service.uuid) === uuid);
  const access: ServiceSpec = {
    uuid: "1800",
    characteristics: [
      { uuid: "2a00", properties: ["read"], value: Buffer.from(name, "utf8") },
      { uuid: "2a01", properties: ["read"], value: Uint8Array.of(0, 0) },
    ],
  };
  const attribute: ServiceSpec = { uuid: "1801", characteristics: [] };
  return [...(has("1800") ? [] : [access]), ...(has("1801") ? [] : [attribute]), ...services];
}

function addService({ uuid, characteristics }: ServiceSpec, to: Attribute[], hearer: () => Hearer | undefined): void {
  const start = to.length + 1;
  const inside: Attribute[] = [];
  for (const spec of characteristics) {
    const handle = start + 1 + inside.length;
    const characteristic = new PlayedCharacteristic(spec, { service: uuid, valueHandle: handle + 1 }, hearer);
    const type = uuidBytes(spec.uuid);
    const bits = spec.properties.reduce((sum, property) => sum | PROPERTY[property], 0);
    const declared = Uint8Array.from([bits, ...u16(handle + 1), ...type]);
    inside.push({ handle, type: CHARACTERISTIC, kind: "constant", value: declared });
    inside.push({ handle: handle + 1, type, kind: "value", characteristic });
    if (spec.properties.includes("notify") || spec.properties.includes("indicate")) {
      inside.push({ handle: handle + 2, type: CLIENT_CONFIGURATION, kind: "configuration", characteristic });
    }
    for (const { uuid: descriptor, value } of spec.descriptors ?? []) {
      inside.push({ handle: start + 1 + inside.length, type: uuidBytes(descriptor), kind: "constant", value });
    }
  }
  const end = start + inside.length;
  to.push({ handle: start, type: PRIMARY_SERVICE, kind: "service", value: uuidBytes(uuid), end }, ...inside);
}
