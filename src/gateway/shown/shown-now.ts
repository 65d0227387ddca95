/** What each server of the running gateway sees now, as `check` tells it of a configuration. */
import type { ServerSettings } from "../../config/types.ts";
import type { GatewayEntry } from "../../devices/gateway-objects.ts";
import type { ObjectCatalogue } from "../../lwm2m/objects/index.ts";
import type { InstanceNumbers } from "../../servers/layouts/folding.ts";
import type { ServerStatus } from "../../servers/server-status.ts";
import type { Sight } from "../../servers/sight.ts";
import { madeByServers } from "../access/access-control.ts";
import type { DeviceNames } from "../access/visible-devices.ts";
import type { ClientDevice } from "../clients/client-device.ts";
import type { OwnObjects } from "./models.ts";
import { atFirst, type Scene, type Shown, type ShownDevice, shownTo } from "./shown.ts";

/** What there is, and what object 25 says of it. */
export interface Inventory extends Sight {
  /** In the order of the files. */
  entries(): readonly GatewayEntry[];
}

export interface ShownNowOptions {
  readonly settings: readonly ServerSettings[];
  readonly catalogue: ObjectCatalogue;
  readonly inventory: Inventory;
  readonly deviceNames: Pick<DeviceNames, "ofPrefix">;
  readonly numbers: InstanceNumbers;
  readonly clientOf: (server: number, prefix: string) => ClientDevice | undefined;
}

export class ShownNow {
  private readonly options: ShownNowOptions;
  /** Counting a thousand devices takes a while, and they seldom are others. By what the server decides of it. */
  private readonly known = new Map<string, Shown>();
  private scene: Scene | undefined;

  constructor(options: ShownNowOptions) {
    this.options = options;
  }

  /** Devices came, went or became others, or what servers fill did. */
  changed(): void {
    this.known.clear();
    this.scene = undefined;
  }

  /** Throws RangeError for a server that is not of the configuration. */
  of({ shortServerId, layout, version }: Pick<ServerStatus, "shortServerId" | "layout" | "version">): Shown {
    const key = `${shortServerId} ${layout?.shown} ${version}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const settings = this.options.settings.find(({ id }) => id === shortServerId);
    if (settings === undefined) throw new RangeError(`there is no server ${shortServerId}`);
    const first = atFirst(settings);
    const now = { shownAs: layout?.shown ?? first.shownAs, version: version ?? first.version };
    this.scene ??= this.look();
    const shown = shownTo({ ...settings, ...now }, this.scene);
    this.known.set(key, shown);
    return shown;
  }

  private look(): Scene {
    const { catalogue, inventory, numbers, clientOf, deviceNames } = this.options;
    const devices = inventory.entries().flatMap((entry): readonly ShownDevice[] => {
      const id = deviceNames.ofPrefix(entry.prefix);
      const tree = inventory.of(entry.prefix);
      return id === undefined || tree === undefined ? [] : [{ ...entry, id, tree }];
    });
    return {
      own: this.ownObjects(),
      devices,
      catalogue,
      endpointOf: (server, { prefix }) => {
        const { plan } = clientOf(server, prefix) ?? {};
        return plan === undefined || "refused" in plan ? undefined : plan.endpoint;
      },
      numberOf: ({ prefix }, object, instance) => numbers.of(prefix, object, instance),
    };
  }

  private ownObjects(): OwnObjects {
    const { inventory, settings } = this.options;
    const { model = new Map() } = inventory.of("")?.backing ?? {};
    return {
      model: new Map([...model].filter(([object]) => object !== GATEWAY_OBJECT)),
      made: madeByServers(inventory),
      accounts: settings.length,
    };
  }
}

const GATEWAY_OBJECT = 25;
