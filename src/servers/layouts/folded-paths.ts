/** Layout `instances`: /meter-2/3303/0/5700 is /3303/1/5700; what is the gateway's own stays where it is. */
import { makePath, type Path, pathParts } from "../../lwm2m/path.ts";
import type { ShownPaths } from "../view.ts";
import { APPLICATION_TYPE, carriesDevice, type Fold, type FoldedInstance } from "./folding.ts";

export class FoldedPaths implements ShownPaths {
  private readonly fold: () => Fold;

  constructor(fold: () => Fold) {
    this.fold = fold;
  }

  shown(own: Path): Path | undefined {
    const { prefix, ...parts } = pathParts(own);
    const { object, instance } = parts;
    if (object === undefined) return undefined;
    if (prefix === "") return this.isGateways(object) ? own : undefined;
    if (instance === undefined) return undefined;
    const number = this.fold().devices.get(prefix)?.numbers.get(object)?.get(instance);
    return number === undefined ? undefined : makePath({ ...parts, prefix: "", instance: number });
  }

  shownWithin(own: Path): readonly Path[] {
    const { prefix, object, instance } = pathParts(own);
    if (instance !== undefined || (prefix === "" && object !== undefined)) return listed(this.shown(own));
    if (prefix === "") return [...this.fold().gateway.backing.model.keys()].map(objectPath);
    const objects = this.fold().devices.get(prefix)?.numbers ?? [];
    return [...objects].flatMap(([id, numbers]) =>
      object === undefined || object === id
        ? [...numbers.values()].map((number) => makePath({ prefix: "", object: id, instance: number }))
        : [],
    );
  }

  own(shown: Path): Path | undefined {
    const { prefix, ...parts } = pathParts(shown);
    const { object } = parts;
    if (prefix !== "" || object === undefined) return undefined;
    if (this.isGateways(object)) return shown;
    const found = this.at(shown);
    return found === undefined
      ? undefined
      : makePath({ ...parts, prefix: found.device.prefix, instance: found.instance });
  }

  ownWithin(shown: Path): readonly Path[] {
    const { prefix, object, instance } = pathParts(shown);
    if (prefix !== "") return [];
    const { instances, gateway } = this.fold();
    if (object === undefined) {
      const folded = [...instances.keys()].flatMap((id) => this.ownWithin(objectPath(id)));
      return [...[...gateway.backing.model.keys()].map(objectPath), ...folded];
    }
    if (instance !== undefined || this.isGateways(object)) return listed(this.own(shown));
    return [...(instances.get(object)?.values() ?? [])].map((found) =>
      makePath({ prefix: found.device.prefix, object, instance: found.instance }),
    );
  }

  /** The instance of a device that a shown path names or lies in. */
  at(shown: Path): FoldedInstance | undefined {
    const { object = -1, instance = -1 } = pathParts(shown);
    return this.fold().instances.get(object)?.get(instance);
  }

  /** Of an Application Type that the mapping has left free: the id of the device that it is an instance of. */
  deviceNamedAt(shown: Path): string | undefined {
    const { object = -1, resource } = pathParts(shown);
    const found = resource === APPLICATION_TYPE ? this.at(shown) : undefined;
    if (found === undefined || !carriesDevice(found.device, object, found.instance)) return undefined;
    return found.device.id;
  }

  private isGateways(object: number): boolean {
    return this.fold().gateway.backing.model.has(object);
  }
}

function objectPath(object: number): Path {
  return makePath({ prefix: "", object });
}

function listed(path: Path | undefined): readonly Path[] {
  return path === undefined ? [] : [path];
}
