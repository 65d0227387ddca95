/** The objects of BlueZ (doc/org.bluez.*.rst of its sources), as far as we use them: names, paths, properties. */

import type { Property } from "../../radio.ts";
import { normalUuid } from "../../uuid.ts";
import type { Properties } from "./bus.ts";

export const BLUEZ = "org.bluez";
export const ADAPTER = "org.bluez.Adapter1";
export const DEVICE = "org.bluez.Device1";
export const SERVICE = "org.bluez.GattService1";
export const CHARACTERISTIC = "org.bluez.GattCharacteristic1";
export const BATTERY = "org.bluez.Battery1";
export const PROPERTIES = "org.freedesktop.DBus.Properties";
export const OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager";

/** By path, by interface. */
export type Objects = Readonly<Record<string, Readonly<Record<string, Properties>>>>;

export const GET_OBJECTS = { path: "/", interface: OBJECT_MANAGER, member: "GetManagedObjects" } as const;

export function adapterPath(adapter: string): string {
  return `/org/bluez/${adapter}`;
}

export function devicePath(adapter: string, address: string): string {
  return `${adapterPath(adapter)}/dev_${address.toUpperCase().replaceAll(":", "_")}`;
}

/** Undefined: the path is none of a device. Of what a device has, the device's. */
export function addressOf(path: string): string | undefined {
  const digits = /\/dev_([0-9A-F]{2}(?:_[0-9A-F]{2}){5})(?:\/|$)/.exec(path)?.[1];
  return digits?.replaceAll("_", ":").toLowerCase();
}

/** What the answers of the bus are; whatever else came is nothing. */
export function objectsOf(value: unknown): Objects {
  return Object.fromEntries(
    Object.entries(propertiesOf(value)).map(([path, interfaces]) => [path, interfacesOf(interfaces)]),
  );
}

export function interfacesOf(value: unknown): Readonly<Record<string, Properties>> {
  return Object.fromEntries(Object.entries(propertiesOf(value)).map(([name, all]) => [name, propertiesOf(all)]));
}

export function propertiesOf(value: unknown): Properties {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

export function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return Array.isArray(value) && value.every((byte) => typeof byte === "number") ? Uint8Array.from(value) : undefined;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function uuidsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.flatMap((text) => normalUuid(String(text)) ?? []) : [];
}

const FLAGS: ReadonlySet<string> = new Set<Property>(["read", "write", "write-without-response", "notify", "indicate"]);

export function isFlag(flag: unknown): flag is Property {
  return typeof flag === "string" && FLAGS.has(flag);
}
