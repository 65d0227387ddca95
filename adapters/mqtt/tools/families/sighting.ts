/** What one message tells about who publishes on a broker. */

/** Who publishes, as people call it. */
export type Family =
  | "Zigbee2MQTT"
  | "Tasmota"
  | "Shelly"
  | "Shelly, first generation"
  | "ESPHome"
  | "Theengs or OpenMQTTGateway"
  | "rtl_433"
  | "ChirpStack"
  | "The Things Stack"
  | "Home Assistant discovery";

export type Sighting = DeviceSighting | HubSighting | EntitySighting;

/** A device; several messages may each tell a part of it. */
export interface DeviceSighting {
  readonly kind: "device";
  readonly family: Family;
  /** Tells it from the others of its family. */
  readonly key: string;
  /** What people call it. */
  readonly name?: string | undefined;
  /** Maker and model, for the reader. */
  readonly model?: string | undefined;
  /** What the parameters of a mapping are made of: names and addresses as its family has them. */
  readonly facts: Readonly<Record<string, string>>;
  /** What it has, in words of its family: "switch", "temperature". */
  readonly traits: readonly string[];
  /** Filters of the topics that are its own. */
  readonly topics: readonly string[];
}

/** What stands between devices and the broker. */
export interface HubSighting {
  readonly kind: "hub";
  readonly family: Family;
  /** Which one, and its version where it tells. */
  readonly text: string;
}

/** One entity that is described for Home Assistant. */
export interface EntitySighting {
  readonly kind: "entity";
  readonly owner: EntityOwner;
  readonly entity: Entity;
}

/** The device to which an entity belongs. */
export interface EntityOwner {
  /** The first of its identifiers, or what stands for it. */
  readonly id: string;
  readonly name?: string | undefined;
  readonly model?: string | undefined;
}

export interface Entity {
  /** The component: "sensor", "binary_sensor", "switch", … */
  readonly component: string;
  /** Tells it from the others of its device. */
  readonly key: string;
  readonly name: string;
  readonly stateTopic?: string | undefined;
  readonly value: EntityValue;
  readonly unit?: string | undefined;
  /** `device_class`. */
  readonly type?: string | undefined;
  /** What comes is a number: it has a unit, or a `state_class`. */
  readonly numeric: boolean;
  /** Payloads, or what stands at the path, for on and off. */
  readonly on: string;
  readonly off: string;
  readonly command?: EntityCommand | undefined;
  readonly availability: readonly EntityAvailability[];
}

/** Where the value stands in the payload: it is all of it, at a path, or made by a template that is more than a path. */
export type EntityValue =
  | { readonly kind: "whole" }
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "template"; readonly text: string };

export interface EntityCommand {
  readonly topic: string;
  readonly on: string;
  readonly off: string;
  /** It takes JSON, as lights of `schema: json` do. */
  readonly json: boolean;
  /** A template makes what is sent: no simple text. */
  readonly templated: boolean;
}

export interface EntityAvailability {
  readonly topic: string;
  readonly path?: string | undefined;
  readonly online: string;
  readonly offline: string;
}
