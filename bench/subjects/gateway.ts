/** The gateway as it is really started, with so many devices of the `simulated` link. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { locateData } from "../../src/locate.ts";
import type { Subject } from "./subject.ts";

/** As `npm start`, the systemd unit and the command itself start it. */
const MEMORY_FLAG = "--max-semi-space-size=1";

/** `directory` takes its configuration, state and log; it must be a new one for a first start. */
export function gateway(devices: number, directory: string): Subject {
  const prefixes = Array.from({ length: devices }, (_, i) => `room-${i + 1}`);
  const config = join(directory, "config.yaml");
  mkdirSync(directory);
  return {
    name: `gateway, ${devices} devices`,
    paths: prefixes.map((prefix) => `/${prefix}/3303/0/5700`),
    takesStrangers: false,
    log: join(directory, "log"),
    command(port) {
      writeFileSync(config, configuration(devices, port));
      return [MEMORY_FLAG, locateData("src/main.ts"), "run", "--config", config];
    },
  };
}

function configuration(devices: number, port: number): string {
  return `format: 1
gateway: { endpoint: "urn:dev:ops:32473-bench", state: state }
servers: [ { id: 101, uri: "coap://127.0.0.1:${port}", lifetime: 5m } ]
links: { trial: { type: simulated } }
devices: [ { id: room-$number, mapping: simulated-climate, link: trial, each: { number: 1..${devices} } } ]
`;
}
