/** A gateway with three devices and several servers: who may do what with them. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { type AGateway, aGateway, type Setup } from "./a-gateway.ts";
import { CLIMATE } from "./climate-mapping.ts";
import type { ScriptedServer } from "./scripted-server.ts";

export const DEVICES = [
  "{ id: hall-1, mapping: climate, link: bus, unit_id: 1, stored_objects: [16] }",
  "{ id: hall-2, mapping: climate, link: bus, unit_id: 2 }",
  "{ id: office, mapping: climate, link: bus, unit_id: 3 }",
];
export const HALL = "/hall-1/3303/0/5700";
export const OFFICE = "/office/3303/0/5700";
export const LAMP = "/hall-1/3311/0/5850";
export const DIMMER = "/hall-1/3311/0/5851";

export function started(t: TestContext, servers: readonly string[], others: Partial<Setup> = {}): Promise<AGateway> {
  return aGateway(t, {
    devices: DEVICES,
    mappings: { climate: CLIMATE },
    gateway: "stored_objects: [16]",
    servers,
    prepare: ({ bus }) => {
      for (const unit of [1, 2, 3]) {
        bus
          .unit(unit)
          .set("3303/0/5700", 20 + unit)
          .set("3303/1/5700", 22)
          .set("3304/0/5700", 40);
      }
    },
    ...others,
  });
}

export function two({ servers: [one, other] }: AGateway): readonly [ScriptedServer, ScriptedServer] {
  assert.ok(one !== undefined && other !== undefined);
  return [one, other];
}

/** The lines of the audit, as server, operation, path, code. */
export function audited({ lines }: AGateway): readonly (readonly unknown[])[] {
  return lines.flatMap(({ message, fields: { server, operation, path, code } }) =>
    message === "audit" ? [[server, operation, path, code]] : [],
  );
}
