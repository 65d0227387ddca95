import type { AdapterModule } from "../adapter.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import type { MapNode } from "../yaml/nodes.ts";
import type { Report } from "../yaml/read.ts";
import { withConnectivity } from "./connectivity.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { withIdentity } from "./identity.ts";
import type { MappingFile } from "./load.ts";
import { byInstance, type MappedResource } from "./mapped-resource.ts";
import type { DevicePlan } from "./plan-types.ts";
import { type MappedObject, readObjects } from "./structure.ts";

/** A mapping with what it has in common for all its devices. */
export interface PreparedMapping {
  readonly file: MappingFile;
  readonly adapter: AdapterModule;
  readonly objects: readonly MappedObject[];
  /** Equal text, equal meaning; without the parameters. */
  readonly fingerprint: string;
  /** Resources with parameters filled in: devices with the same values share them. */
  readonly filled: Map<MappedResource, Map<string, MapNode>>;
  /** Plans by the values of the parameters: devices with the same values share what is in them. */
  readonly plans: Map<string, DevicePlan>;
}

/** Finds the objects and resources of a mapping, once for all its devices. What is wrong is reported and left out. */
export function prepareMapping(
  file: MappingFile,
  adapter: AdapterModule,
  catalogue: ObjectCatalogue,
  report: Report,
): PreparedMapping {
  const context = { catalogue, sources: adapter.sources, report };
  const mapped = withIdentity(readObjects(file.objects, context), file.identity, context);
  const objects = withConnectivity(mapped, file.connectivity, context);
  for (const object of objects) warnOfMandatory(object, report);
  return { file, adapter, objects, fingerprint: fingerprintOf(file, objects), filled: new Map(), plans: new Map() };
}

/** Servers refuse objects whose mandatory resources are missing; object 3 is completed by the gateway. */
function warnOfMandatory({ key, definition, resources }: MappedObject, report: Report): void {
  if (definition.id === 3) return;
  const instances = byInstance(resources);
  for (const [instance, mapped] of instances) {
    const have = new Set(mapped.map(({ resource }) => resource));
    for (const { id, name, mandatory, operations } of definition.resources.values()) {
      if (!mandatory || operations === "" || have.has(id)) continue;
      const where = instances.size > 1 ? ` (instance ${instance})` : "";
      const message = `mandatory resource ${id} ${name.trim()} of object ${definition.id}${where} is not mapped: it will read as absent (4.04)`;
      report({ severity: "warning", code: "LG327", place: key.place, message });
    }
  }
}
