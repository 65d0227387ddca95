/** `gateway_object: "1.0"`: a server that knows the first definition of objects 25 and 26 only. See lwm2m/first-gateway-object.ts. */
import {
  type FirstDefinitions,
  FirstGatewayObject,
  goneInFirstDefinition,
  inFirstDefinition,
} from "../../lwm2m/first-gateway-object.ts";
import { ModelTree } from "../../lwm2m/model-tree.ts";
import type { ObjectCatalogue } from "../../lwm2m/objects/index.ts";
import type { Backing } from "../../lwm2m/tree.ts";
import type { Sight, Whole } from "../../servers/sight.ts";
import { requiredObject } from "../trees.ts";
import type { Presence } from "./presence.ts";

/** What there is, with object 25 of version 1.0. */
export function firstDefinitionSight(sight: Sight, catalogue: ObjectCatalogue): Sight {
  const definitions: FirstDefinitions = {
    gateway: requiredObject(catalogue, 25, "1.0"),
    routing: requiredObject(catalogue, 26, "1.0"),
  };
  const known = new WeakMap<Backing, Whole>();
  const first = ({ backing: second }: Whole): Whole => {
    const whole = known.get(second);
    if (whole !== undefined) return whole;
    const backing = new FirstGatewayObject(second, definitions);
    const made = { backing, tree: new ModelTree(backing) };
    known.set(second, made);
    return made;
  };
  return {
    of(prefix) {
      const whole = sight.of(prefix);
      return whole === undefined || prefix !== "" ? whole : first(whole);
    },
    get prefixes() {
      return sight.prefixes;
    },
    latest: (path) => sight.latest(path),
  };
}

/** A server that is told of object 25 in the same words. */
export function firstDefinitionPresence(presence: Presence): Presence {
  return {
    shortServerId: presence.shortServerId,
    start: () => presence.start(),
    stop: () => presence.stop(),
    changed: (samples, gone) => presence.changed(inFirstDefinition(samples), gone.flatMap(goneInFirstDefinition)),
    removed(path) {
      for (const each of goneInFirstDefinition(path)) presence.removed(each);
    },
    appeared: (prefix) => presence.appeared(prefix),
    disappeared: (prefix) => presence.disappeared(prefix),
    treesChanged: (prefix) => presence.treesChanged(prefix),
    objectsChanged: () => presence.objectsChanged(),
    dated: (started) => presence.dated(started),
    forgotten: (match) => presence.forgotten(match),
    send: (request) => presence.send(request),
    onAccount: (event) => presence.onAccount(event),
    muteChanged: () => presence.muteChanged(),
    defaultsChanged: () => presence.defaultsChanged(),
    status: () => presence.status(),
  };
}
