/** Object 2, as servers use it. */
import assert from "node:assert/strict";
import type { Answer } from "./scripted-messages.ts";
import type { ScriptedServer } from "./scripted-server.ts";

/** The instance of object 2 that is about this one. */
export async function accessTo(server: ScriptedServer, object: number, instance: number): Promise<string> {
  const { values } = await server.read("/2");
  const found = Object.keys(values).find(
    (path) => path.endsWith("/0") && values[path] === object && values[path.replace(/0$/, "1")] === instance,
  );
  return found?.replace(/\/0$/, "") ?? assert.fail(`object 2 has nothing about /${object}/${instance}`);
}

/** As a server does it that does not know whether it is there already: by POST on the resource. */
export function grant(server: ScriptedServer, access: string, to: number, rights: number): Promise<Answer> {
  return server.update(`${access}/2`, { [`${access}/2/${to}`]: rights });
}
