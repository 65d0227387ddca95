/** `gateway:` becomes its settings. */
import type { z } from "zod";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import { childOf, type YamlNode } from "../yaml/nodes.ts";
import type { Report } from "../yaml/read.ts";
import { checkRemoteModbus, REMOTE_MODBUS_OBJECTS } from "./remote-modbus.ts";
import type { configSchema } from "./schema.ts";
import { storedDefinitions } from "./stored-objects.ts";
import type { GatewaySettings, LinkSettings } from "./types.ts";

export interface Around {
  /** The map behind `gateway`. */
  readonly own: YamlNode | undefined;
  readonly catalogue: ObjectCatalogue;
  readonly links: ReadonlyMap<string, LinkSettings>;
  readonly report: Report;
}

/** All but where the state goes. */
export function gatewayOf(
  keys: z.output<typeof configSchema>["gateway"],
  { own, catalogue, links, report }: Around,
): Omit<GatewaySettings, "state" | "admin"> {
  const {
    objects: _objects,
    stored_objects: _stored,
    site: _site,
    state: _state,
    admin: _admin,
    serial,
    ...others
  } = keys;
  const { remote_modbus: remoteModbus, auto_reload: autoReload, ...rest } = others;
  const remote = childOf(own, "remote_modbus");
  if (remoteModbus !== undefined && remote !== undefined) {
    checkRemoteModbus(remoteModbus, { node: remote, links, report });
  }
  return {
    ...rest,
    autoReload,
    ...(serial === undefined ? {} : { serial }),
    ...(remoteModbus === undefined ? {} : { remoteModbus }),
    storedObjects: storedDefinitions(childOf(own, "stored_objects"), {
      catalogue,
      ...(remoteModbus === undefined ? {} : { served: new Set(REMOTE_MODBUS_OBJECTS) }),
      report,
    }),
  };
}
