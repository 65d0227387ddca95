/** Which version this process is, as the program that started it says; the installed one where nobody does. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { PACKAGED } from "../../firmware/self/record.ts";
import { VERSIONS } from "../../firmware/self/versions.ts";
import { locateData, packageVersion } from "../../locate.ts";
import { stateOfService } from "../host.ts";

/** In the environment of a version that is no installed program: its folder, and by what the installed one is known. */
const FOLDER = "LWM2M_GATEWAY_VERSION";
const INSTALLED = "LWM2M_GATEWAY_INSTALLED";

export interface LaunchedAs {
  /** PACKAGED or a folder. */
  readonly version: string;
  /** Of the installed program: another one is known by something else. */
  readonly packaged: string;
  /** Where versions are; undefined: there is no service manager that has given a directory. */
  readonly directory?: string;
}

export function launchedAs(environment: NodeJS.ProcessEnv = process.env): LaunchedAs {
  const { [FOLDER]: version = PACKAGED, [INSTALLED]: packaged = markOfThis() } = environment;
  const { defaultState } = stateOfService();
  return { version, packaged, ...(defaultState === undefined ? {} : { directory: join(defaultState, VERSIONS) }) };
}

/** The environment of a version, from that of this process. */
export function environmentOf(version: string, packaged: string): NodeJS.ProcessEnv {
  return { ...process.env, [FOLDER]: version, [INSTALLED]: packaged };
}

/** A package that is built again has the time of its commit. */
function markOfThis(): string {
  return `${packageVersion()} of ${Math.floor(statSync(locateData("package.json")).mtimeMs / 1000)}`;
}
