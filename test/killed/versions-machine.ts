/** The versions of a gateway in a state directory, as the gateway itself has them. */
import { join } from "node:path";
import { MINUTE, systemClock } from "../../src/clock.ts";
import { signingKey } from "../../src/firmware/self/head.ts";
import { OwnVersions } from "../../src/firmware/self/own-versions.ts";
import { Versions } from "../../src/firmware/self/versions.ts";
import { KNOWN_STATE } from "../support/artefact.ts";

export function aMachine(state: string, publicPem: string) {
  const keys = [signingKey(publicPem)];
  const versions = new Versions(join(state, "versions"), keys);
  const installed = "0.1.0 of 1";
  const running = (version: string): OwnVersions =>
    new OwnVersions({
      ...{ versions, keys, running: version, packaged: installed, databases: state, state: KNOWN_STATE },
      ...{ arch: process.arch, trial: 10 * MINUTE, clock: systemClock },
    });
  return { versions, installed, running };
}
