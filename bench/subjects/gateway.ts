/** The gateway as it is really started, with so many devices of the `simulated` link. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { locateData } from "../../src/locate.ts";
import type { Security } from "../load/orders.ts";
import { IDENTITY, KEY, SUITE } from "../load/secured.ts";
import type { Subject } from "./subject.ts";

/** What the systemd unit sets, so that it is measured as it is run. */
export function serviceEnvironment(): Readonly<Record<string, string>> {
  const unit = readFileSync(locateData("systemd/lwm2m-gateway.service"), "utf8");
  const settings = [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line = ""]) => line.split(" "));
  return Object.fromEntries(settings.map((setting) => setting.split(/=(.*)/s).slice(0, 2)));
}

/** `directory` takes its configuration, state and log; it must be a new one for a first start. */
export function gateway(devices: number, directory: string): Subject {
  return subject(gatewayName(devices), directory, {
    devices,
    mapping: "simulated-climate",
    server: "nstart: 1",
  });
}

/** The same, the program as `npm run build` makes it. */
export function builtGateway(devices: number, directory: string): Subject {
  return built(gateway(devices, directory));
}

/** The built program in the place of its sources. */
export function built(made: Subject): Subject {
  return {
    ...made,
    name: `${made.name}, built`,
    command: (port) => [locateData("dist/src/main.js"), ...made.command(port).slice(1)],
  };
}

/** The same, each device a client of its own; so many register in a second. */
export function gatewayOfClients(devices: number, perSecond: number, directory: string): Subject {
  return subject(`${gatewayName(devices)}, layout clients`, directory, {
    devices,
    mapping: "simulated-climate",
    server: `nstart: 1, layout: clients, clients: { per_second: ${perSecond} }`,
  });
}

/** The same with a server at coaps://. */
export function securedGateway(devices: number, security: SecuredLoad, directory: string): Subject {
  return subject(`${gatewayName(devices)}, ${security}`, directory, {
    devices,
    mapping: "simulated-climate",
    server: "nstart: 1",
    security,
  });
}

export type SecuredLoad = Exclude<Security, "none">;

export interface CountingLoad {
  readonly devices: number;
  /** A duration, e.g. "100ms". */
  readonly every: string;
  /** RFC 7252 §4.7. */
  readonly nstart: number;
}

/** Its devices have one value, which is another each time that it is read. */
export function countingGateway({ devices, every, nstart }: CountingLoad, directory: string): Subject {
  const mapping = `counting-sensor, every: ${every}`;
  const made = subject(`${gatewayName(devices)}, every ${every}`, directory, {
    devices,
    mapping,
    server: `nstart: ${nstart}`,
  });
  addCountingSensor(directory);
  return made;
}

export interface WaitingLoad {
  readonly devices: number;
  /** What is different about it, for its name. */
  readonly what: string;
  readonly history: "send" | "notify";
  /** A state directory with what waits: see `fillHistory`. It is copied. */
  readonly filled: string;
}

/** Its devices say nothing new for an hour. */
export function waitingGateway({ devices, what, history, filled }: WaitingLoad, directory: string): Subject {
  const mapping = "counting-sensor, every: 1h";
  const made = subject(`${gatewayName(devices)}, ${what}`, directory, {
    devices,
    mapping,
    server: `history: ${history}`,
  });
  addCountingSensor(directory);
  cpSync(filled, join(directory, STATE), { recursive: true });
  return made;
}

function gatewayName(devices: number): string {
  return `gateway, ${devices} devices`;
}

/** What is read of so many devices. */
export function pathsOf(devices: number): readonly string[] {
  return Array.from({ length: devices }, (_, i) => `/room-${i + 1}/3303/0/5700`);
}

const STATE = "state";
/** Short Server ID. */
export const SERVER = 101;

interface Load {
  readonly devices: number;
  /** With its parameters. */
  readonly mapping: string;
  /** Keys of the server, a line of YAML. */
  readonly server: string;
  readonly security?: SecuredLoad;
}

/** The value rises with each millisecond, so that the order of values is the order of their times. */
const COUNTING_SENSOR = `format: 1
mapping: counting-sensor
description: Tells how many seconds it lives
protocol: simulated
params: { every: { type: duration, default: 1s, description: How often it is read } }
every: { normal: $every }
objects:
  3303: { sensor_value: { ramp: { from: 0, to: 864000, period: 10d } } }
`;

function addCountingSensor(directory: string): void {
  mkdirSync(join(directory, "mappings"));
  writeFileSync(join(directory, "mappings", "counting-sensor.yaml"), COUNTING_SENSOR);
}

function subject(name: string, directory: string, load: Load): Subject {
  const config = join(directory, "config.yaml");
  mkdirSync(directory);
  return {
    name,
    paths: pathsOf(load.devices),
    takesStrangers: false,
    log: join(directory, "log"),
    environment: serviceEnvironment(),
    ...(load.security === undefined ? {} : { security: load.security }),
    command(port) {
      writeFileSync(config, configuration(load, port));
      writeFileSync(join(directory, "secrets.yaml"), `psk: "${KEY.toString("hex")}"\n`, { mode: 0o600 });
      return [locateData("src/main.ts"), "run", "--config", config];
    },
  };
}

function configuration({ devices, mapping, server, security }: Load, port: number): string {
  const address = security === undefined ? `uri: "coap://127.0.0.1:${port}"` : secured(security, port);
  return `format: 1
gateway: { endpoint: "urn:dev:ops:32473-bench", state: ${STATE} }
servers: [ { id: ${SERVER}, ${address}, lifetime: 5m, ${server} } ]
links: { trial: { type: simulated } }
devices: [ { id: room-$number, mapping: ${mapping}, link: trial, each: { number: 1..${devices} } } ]
`;
}

function secured(security: SecuredLoad, port: number): string {
  const connectionId = security === "DTLS" ? "off" : "offer";
  const psk = `psk: { identity: ${IDENTITY}, key: !secret psk }`;
  return `uri: "coaps://127.0.0.1:${port}", ${psk}, dtls: { suites: [${SUITE}], connection_id: ${connectionId} }`;
}
