/** The devices of the running gateway, as people and tools look at them. */
import { AdminRefusal } from "../../admin/errors.ts";
import type { UnixMillis } from "../../clock.ts";
import type { LoadedConfig } from "../../config/types.ts";
import type { Device } from "../../devices/device.ts";
import type { DeviceStatus } from "../../devices/device-status.ts";
import type { Devices } from "../../devices/devices.ts";
import type { ValueView } from "../../devices/value-views.ts";
import { formatPlace } from "../../errors.ts";
import type { FirmwareStatus } from "../../firmware/job.ts";
import { isWithin, type Path, parsePath, prefixOf } from "../../lwm2m/path.ts";
import { deviceIdOf } from "../../mapping/device-id.ts";
import { nearestNames } from "../../near-miss.ts";
import type { LinkAdmin, LinkView } from "../links/link-admin.ts";
import type { GatewayStatus } from "../status.ts";
import { observersOf } from "./observers.ts";
import { type Why, type WhyFacts, whyOf } from "./why/why.ts";

export interface DeviceViewsOptions {
  readonly devices: Pick<Devices, "get" | "list" | "byPrefix">;
  readonly links: Pick<LinkAdmin, "of">;
  readonly config: () => LoadedConfig;
  readonly status: () => GatewayStatus;
  /** With what waits on the disk. */
  readonly fullStatus: () => Promise<GatewayStatus>;
  /** Instance of object 25 of a device, by its id. */
  readonly instanceOf: (id: string) => number | undefined;
}

/** GET /v1/devices; plain data. */
export interface DevicesView {
  readonly now: UnixMillis;
  readonly devices: readonly DeviceSummary[];
  readonly disabled: readonly DisabledView[];
}

/** A device without its values: how many there are, and how many of them are bad. */
export interface DeviceSummary extends Omit<DeviceStatus, "values"> {
  readonly values: { readonly total: number; readonly bad: number };
}

export interface DisabledView {
  readonly id: string;
  /** Each with its place in the files, and what was expected. */
  readonly reasons: readonly string[];
}

/** GET /v1/devices/{id} of a device that runs; plain data. */
export interface DeviceView {
  readonly now: UnixMillis;
  readonly device: DeviceStatus;
  /** Where it stands in the configuration: "config.yaml:9:5". */
  readonly place: string;
  /** /25/x/0, and x. */
  readonly deviceId: string;
  readonly instance?: number;
  readonly adapter: string;
  /** What it said of itself, or the mapping says: the resources 0 to 3 of object 3, by their names. */
  readonly identity: Readonly<Record<string, string>>;
  /** The names of its objects, by their IDs. */
  readonly objects: Readonly<Record<string, string>>;
  readonly link?: LinkView;
  /** Absent: servers cannot update it. */
  readonly firmware?: FirmwareStatus;
}

/** GET /v1/devices/{id}/values; plain data. */
export interface ValuesView {
  readonly now: UnixMillis;
  readonly id: string;
  readonly prefix: string;
  readonly state: DeviceStatus["state"];
  readonly values: readonly ObservedValue[];
}

export interface ObservedValue extends ValueView {
  /** Short Server IDs of those that observe it, or what is around it. */
  readonly observers: readonly number[];
}

export class DeviceViews {
  private readonly options: DeviceViewsOptions;

  constructor(options: DeviceViewsOptions) {
    this.options = options;
  }

  /** `problems`: only those with which something is not as it should be. */
  list(problems = false): DevicesView {
    const { now, devices, disabled } = this.options.status();
    const summaries = devices.map(summaryOf);
    return { now, devices: problems ? summaries.filter(isTroubled) : summaries, disabled };
  }

  /** Throws AdminRefusal where there is none. */
  of(id: string): DeviceView | { readonly now: UnixMillis; readonly disabled: DisabledView } {
    const { now, disabled, endpoint, firmware: all = [] } = this.options.status();
    const firmware = all.find((each) => each.device === id);
    const off = disabled.find((device) => device.id === id);
    const device = this.options.devices.get(id);
    if (device === undefined && off !== undefined) return { now, disabled: off };
    const { plan } = device ?? this.missing(id);
    const running = this.running(id);
    const instance = this.options.instanceOf(id);
    const status = running.status();
    const { links } = this.options.config();
    return {
      now,
      device: status,
      place: formatPlace(plan.place),
      deviceId: deviceIdOf(plan, endpoint),
      ...(instance === undefined ? {} : { instance }),
      adapter: plan.adapter,
      identity: identityOf(status),
      objects: Object.fromEntries([...plan.objects].map(([object, { definition }]) => [object, definition.name])),
      ...(links.has(plan.link) ? { link: this.options.links.of(plan.link) } : {}),
      ...(firmware === undefined ? {} : { firmware }),
    };
  }

  /** `raw`: with what the wire carries, for which the device is asked once. Throws AdminRefusal where it does not run. */
  async values(id: string, { raw = false, bad = false } = {}): Promise<ValuesView> {
    const device = this.running(id);
    const views = await device.valueViews(raw);
    const { now, servers } = this.options.status();
    const values = views
      .filter((view) => !bad || view.quality === "bad")
      .map((view) => ({
        ...view,
        observers: observersOf(servers, view.path),
      }));
    return { now, id, prefix: device.prefix, state: device.state, values };
  }

  /** What became of each step between the files and the servers. Throws AdminRefusal where there is no such device. */
  async why(id: string): Promise<Why> {
    const status = await this.options.fullStatus();
    const disabled = status.disabled.find((device) => device.id === id);
    if (disabled !== undefined) return whyOf({ status, id, disabled, values: [] });
    return whyOf({ ...this.facts(status, this.running(id)), values: (await this.values(id)).values });
  }

  /** The same of what is at a path, or of the device that is called so. Throws AdminRefusal where there is no such device. */
  async whyAt(text: string): Promise<Why> {
    const { devices, disabled } = this.options.config();
    if ([...devices, ...disabled].some((device) => device.id === text)) return this.why(text);
    if (!text.includes("/")) return this.missing(text);
    const { id, path } = this.idAt(text);
    if (path === `/${prefixOf(path)}`) return this.why(id);
    const status = await this.options.fullStatus();
    const { values } = await this.values(id);
    return whyOf({
      ...this.facts(status, this.running(id)),
      path,
      values: values.filter((value) => isWithin(value.path, path)),
    });
  }

  private facts(status: GatewayStatus, { plan }: Device): Omit<WhyFacts, "values"> {
    const { links } = this.options.config();
    const link = links.has(plan.link) ? { link: this.options.links.of(plan.link) } : {};
    return { status, id: plan.id, place: formatPlace(plan.place), ...link };
  }

  private idAt(text: string): { readonly id: string; readonly path: Path } {
    const path = pathOf(text);
    const device = this.options.devices.byPrefix(prefixOf(path));
    if (device !== undefined) return { id: device.plan.id, path };
    const prefixes = this.options.devices.list().map(({ prefix }) => prefix);
    throw new AdminRefusal(`no device has the prefix of ${text}${near(prefixOf(path), prefixes)}`, {
      status: 404,
      code: "LG505",
    });
  }

  private running(id: string): Device {
    const device = this.options.devices.get(id);
    if (device !== undefined) return device;
    const off = this.options.status().disabled.find((each) => each.id === id);
    if (off === undefined) return this.missing(id);
    throw new AdminRefusal(`device "${id}" is off; lwm2m-gateway why ${id} tells what must be mended`, {
      status: 409,
      code: "LG506",
    });
  }

  private missing(id: string): never {
    const { devices, disabled } = this.options.config();
    const hint = near(
      id,
      [...devices, ...disabled].map((device) => device.id),
    );
    throw new AdminRefusal(`there is no device "${id}"${hint}`, {
      status: 404,
      code: "LG504",
      next: "lwm2m-gateway devices",
    });
  }
}

/** Whether something is to be looked at: it is not there, or on its way to be away, or values are bad. */
export function isTroubled({ state, failed = 0, values: { bad } }: DeviceSummary): boolean {
  return state !== "online" || failed > 0 || bad > 0;
}

function summaryOf({ values, ...device }: DeviceStatus): DeviceSummary {
  return { ...device, values: { total: values.length, bad: values.filter(({ bad }) => bad !== undefined).length } };
}

/** Object 3: Manufacturer, Model Number, Serial Number, Firmware Version. */
const IDENTITY = /\/3\/0\/[0-3]$/;

function identityOf({ values }: DeviceStatus): Readonly<Record<string, string>> {
  return Object.fromEntries(
    values.flatMap(({ path, name, value }) =>
      IDENTITY.test(path) && value !== undefined ? [[name, String(value)]] : [],
    ),
  );
}

function pathOf(text: string): Path {
  try {
    return parsePath(text.startsWith("/") ? text : `/${text}`);
  } catch (error) {
    throw new AdminRefusal(`"${text}" is neither the id of a device nor a path such as /meter-1/3303/0/5700`, {
      cause: error,
      status: 404,
      code: "LG504",
    });
  }
}

function near(word: string, words: readonly string[]): string {
  const [nearest] = nearestNames(word, words, 1);
  return nearest === undefined ? "" : `; did you mean "${nearest}"?`;
}
