/** `gateway_object: "1.0"`: a server that knows the first definition of objects 25 and 26 only. See lwm2m/first-gateway-object.ts. */
import type { ServerSettings } from "../../config/types.ts";
import {
  type FirstDefinitions,
  FirstGatewayObject,
  goneInFirstDefinition,
  inFirstDefinition,
} from "../../lwm2m/first-gateway-object.ts";
import { ModelTree } from "../../lwm2m/model-tree.ts";
import type { ObjectCatalogue } from "../../lwm2m/objects/index.ts";
import type { Path } from "../../lwm2m/path.ts";
import type { Sample } from "../../lwm2m/sample.ts";
import type { BackedTree } from "../../lwm2m/tree.ts";
import type { Sight } from "../../servers/sight.ts";
import { requiredObject } from "../trees.ts";

/** Objects 25 and 26 as one server knows them: what there is, and what is told of it. */
export interface Edition {
  sight(sight: Sight): Sight;
  changed(samples: readonly Sample[]): readonly Sample[];
  gone(paths: readonly Path[]): readonly Path[];
}

export function editionOf({ gatewayObject }: ServerSettings, catalogue: ObjectCatalogue): Edition {
  if (gatewayObject !== "1.0") return AS_IT_IS;
  return {
    sight: (sight) => firstDefinitionSight(sight, catalogue),
    changed: inFirstDefinition,
    gone: (paths) => paths.flatMap(goneInFirstDefinition),
  };
}

const AS_IT_IS: Edition = { sight: (sight) => sight, changed: (samples) => samples, gone: (paths) => paths };

/** What there is, with object 25 of version 1.0. */
function firstDefinitionSight(sight: Sight, catalogue: ObjectCatalogue): Sight {
  const definitions: FirstDefinitions = {
    gateway: requiredObject(catalogue, 25, "1.0"),
    routing: requiredObject(catalogue, 26, "1.0"),
  };
  const known = new WeakMap<BackedTree, BackedTree>();
  const first = (second: BackedTree): BackedTree => {
    const tree = known.get(second);
    if (tree !== undefined) return tree;
    const made = new ModelTree(new FirstGatewayObject(second.backing, definitions));
    known.set(second, made);
    return made;
  };
  return {
    of(prefix) {
      const tree = sight.of(prefix);
      return tree === undefined || prefix !== "" ? tree : first(tree);
    },
    get prefixes() {
      return sight.prefixes;
    },
    latest: (path) => sight.latest(path),
  };
}
