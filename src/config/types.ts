import type { AdapterModule } from "../adapter.ts";
import type { Millis } from "../clock.ts";
import type { ServerSecurity } from "../dtls/server-security.ts";
import type { Place, Problem } from "../errors.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import type { PreparedMapping } from "../mapping/prepare.ts";
import type { YamlNode } from "../yaml/nodes.ts";
import type { AccessSettings } from "./access.ts";
import type { AdminSettings } from "./admin-settings.ts";
import type { FirmwareSettings } from "./firmware-settings.ts";
import type { RemoteModbusSettings } from "./remote-modbus.ts";
import type { ReportSettings } from "./report-entries.ts";
import type { StoreSettings } from "./store-settings.ts";
import type { UplinkSettings } from "./uplink-settings.ts";

/** What the user's files say, parsed, checked, every parameter filled in. Frozen. */
export interface LoadedConfig {
  /** config.yaml, as given. */
  readonly file: string;
  readonly gateway: GatewaySettings;
  readonly servers: readonly ServerSettings[];
  readonly links: ReadonlyMap<string, LinkSettings>;
  /** By Short Server ID, of those with layout `clients`: each device by its id. */
  readonly clients: ReadonlyMap<number, ReadonlyMap<string, ClientPlan>>;
  /** In the order of the files; ids are unique. */
  readonly devices: readonly DevicePlan[];
  /** Devices that are off because their entry or their mapping is wrong. */
  readonly disabled: readonly DisabledDevice[];
  /** The mappings whose objects and resources are known, by name; their resources may still be wrong: see `problems`. */
  readonly mappings: ReadonlyMap<string, LoadedMapping>;
  /** The registry's objects and those of the vendor files in `gateway.objects`. */
  readonly catalogue: ObjectCatalogue;
  /** What differs from site to site; undefined where there is no site.yaml. */
  readonly site: SiteSummary | undefined;
  /** Errors in mappings and device entries, and warnings of all files; each once. */
  readonly problems: readonly Problem[];
}

/** The values of site.yaml as text; secrets are not shown. */
export interface SiteSummary {
  readonly file: string;
  readonly values: ReadonlyMap<string, string>;
}

export interface GatewaySettings {
  /** Endpoint Client Name: the `ep` of Register. */
  readonly endpoint: string;
  /** Absolute path of the directory where the gateway keeps what must survive a restart. */
  readonly state: string;
  /** The gateway's own object 3: Manufacturer, Model Number, Serial Number. */
  readonly manufacturer: string;
  readonly model: string;
  readonly serial?: string;
  /** `trusted`: the machine's clock is believed whatever it says. */
  readonly clock: "auto" | "trusted";
  /** Whether a file that changes is taken without being asked; as a reload says it, at once. */
  readonly autoReload: boolean;
  /** Objects under no prefix that servers fill. */
  readonly storedObjects: readonly ObjectDefinition[];
  /** Raw Modbus for servers; absent: none. */
  readonly remoteModbus?: RemoteModbusSettings;
  readonly store: StoreSettings;
  readonly firmware: FirmwareSettings;
  /** The API over HTTP; absent: none. */
  readonly admin?: AdminSettings;
}

/** UDP, UDP with DTLS, or TCP without security (RFC 8323). */
export type ServerScheme = "coap" | "coaps" | "coap+tcp";

/** How devices are shown to a server: under prefixes, as instances of the gateway's own objects, as clients; or as it turns out. */
export const LAYOUTS = ["gateway", "instances", "clients", "auto"] as const;

export type Layout = (typeof LAYOUTS)[number];

/** Layout `clients`: what holds for each device's own registration. */
export interface ClientSettings {
  readonly lifetime: Millis;
  /** Registrations and Updates a second, of all devices together. */
  readonly perSecond: number;
}

/** One device as a client of a server: what it is called and how it is secured, or why it is none. */
export type ClientPlan =
  | {
      readonly endpoint: string /** Present exactly where the scheme is coaps. Never shown. */;
      readonly security?: ServerSecurity;
    }
  | { readonly refused: string };

export interface ServerSettings extends UplinkSettings {
  /** Short Server ID: /1/x/0. */
  readonly id: number;
  readonly uri: string;
  readonly scheme: ServerScheme;
  readonly host: string;
  readonly port: number;
  /** Present exactly where the scheme is coaps. Holds keys: never shown. */
  readonly security?: ServerSecurity;
  readonly layout: Layout;
  /** Present exactly where the layout is `clients`. */
  readonly clients?: ClientSettings;
  /** Registration lifetime: /1/x/1. */
  readonly lifetime: Millis;
  /** `auto` offers 1.2 and steps down where the server refuses it. */
  readonly version: "auto" | Lwm2mVersion;
  /** Profile IDs that the server may know in place of the object list; none: the list is always sent. */
  readonly profileIds: readonly string[];
  /** Version of object 25; 1.0 has object 26 beside it. */
  readonly gatewayObject: "2.0" | "1.0";
  /** Whether a Register, in place of an Update, tells of other objects. */
  readonly reregisterOnChange: boolean;
  /** Registered as a client that sleeps: `Q`. */
  readonly queueMode: boolean;
  /** In queue mode: how long it listens after its last message. */
  readonly awake: Millis;
  /** Mute Send, /1/x/23, until the server writes it. */
  readonly muteSend: boolean;
  /** Default Minimum and Maximum Period: /1/x/2 and /1/x/3; absent where the user gives none. */
  readonly pmin?: Millis;
  readonly pmax?: Millis;
  /** Its place among the servers that are registered at one after the other, /1/x/13; absent: it waits for none. */
  readonly priority?: number;
  /** Before its first registration, /1/x/14. */
  readonly initialDelay?: Millis;
  /** Whether those after it wait until it is registered, /1/x/15. */
  readonly failureBlock?: boolean;
  /** RFC 7252 §4.7, §4.8. */
  readonly nstart: number;
  readonly ackTimeout: Millis;
  readonly maxRetransmit: number;
  /** What it is told without observing it, by Send; names are unique. */
  readonly reports: readonly ReportSettings[];
  /** What it sees, and may do. */
  readonly access: AccessSettings;
  /** How what waited is delivered; by Send only where the server is not muted. */
  readonly history: "send" | "notify" | "replay";
  /** Bytes of payload up to which reports are put together. */
  readonly maxMessage: number;
  /** The greatest body that the server may send us, in bytes; more is 4.13. */
  readonly maxBody: number;
  readonly place: Place;
}

export interface LinkSettings {
  readonly id: string;
  /** The word behind `type:`, e.g. "modbus-tcp". */
  readonly type: string;
  readonly adapter: AdapterModule;
  /** What the adapter's `link` schema made of the other keys. */
  readonly options: unknown;
  readonly place: Place;
  /** As it stands in the file, for who changes a key of it. May hold secrets: never shown. */
  readonly written: YamlNode;
}

export interface DisabledDevice {
  readonly id: string;
  readonly place: Place;
  readonly problems: readonly Problem[];
}

export interface LoadedMapping {
  readonly name: string;
  readonly file: string;
  /** The packaged mapping of this name that this one hides. */
  readonly hides?: string;
  /** The files over which it is laid, the nearest first. */
  readonly extends: readonly string[];
  readonly adapter: string;
  readonly prepared: PreparedMapping;
}
