/** Modbus TCP devices of many registers: the servers, the gateway that polls them, and modbus-serial by itself doing the same. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { locateData } from "../../src/locate.ts";
import type { RegistersAnswer, RegistersOrder, UnitGap } from "../load/registers.ts";
import { serviceEnvironment } from "./gateway.ts";
import type { Subject } from "./subject.ts";

/** On each link. */
export const UNITS = 10;

/** What is read of each unit: floats of two registers each. */
export interface RegisterLoad {
  readonly floats: number;
  /** In seconds. */
  readonly every: number;
}

/** The Modbus servers. */
export class Registers {
  private readonly child: ChildProcess;

  constructor() {
    this.child = fork(fileURLToPath(new URL("../load/registers.ts", import.meta.url)));
  }

  async listen(servers: number): Promise<readonly number[]> {
    const answer = await this.ask({ servers });
    return "ports" in answer ? answer.ports : [];
  }

  /** What was served since they began. */
  async served(): Promise<{ readonly registers: number; readonly requests: number }> {
    const answer = await this.ask("count");
    return "registers" in answer ? answer : { registers: 0, requests: 0 };
  }

  /** How long each unit waited at most since this was asked before. */
  async gaps(): Promise<readonly UnitGap[]> {
    const answer = await this.ask("gaps");
    return "units" in answer ? answer.units : [];
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  close(): void {
    this.child.kill();
  }

  private async ask(order: RegistersOrder): Promise<RegistersAnswer> {
    const answered = once(this.child, "message");
    this.child.send(order);
    const [answer] = await answered;
    return answer;
  }
}

/** A gateway with a link to each port: the program as `npm run build` makes it, which is what is installed. */
export function pollingGateway(ports: readonly number[], load: RegisterLoad, directory: string): Subject {
  const config = join(directory, "config.yaml");
  mkdirSync(join(directory, "mappings"), { recursive: true });
  writeFileSync(join(directory, "mappings", "many-floats.yaml"), manyFloats(load));
  return {
    name: "gateway",
    paths: [],
    takesStrangers: false,
    log: join(directory, "log"),
    environment: serviceEnvironment(),
    command(port) {
      writeFileSync(config, configuration(ports, port));
      return [locateData("dist/src/main.js"), "run", "--config", config];
    },
  };
}

/** modbus-serial alone, which reads the same and keeps the floats. */
export function pollingPeer(ports: readonly number[], { floats, every }: RegisterLoad, directory: string): Subject {
  const file = fileURLToPath(new URL("../peers/modbus-serial.mjs", import.meta.url));
  mkdirSync(directory, { recursive: true });
  return {
    name: "modbus-serial",
    paths: [],
    takesStrangers: true,
    log: join(directory, "log"),
    command: (port) => [file, ...[port, every, UNITS, 2 * floats, ...ports].map(String)],
  };
}

/** The same with so many units on each link, each an entry of its own in a file for each link: `writeDevices` changes one. */
export function entriesGateway(ports: readonly number[], { units, load }: EntriesLoad, directory: string): Subject {
  const subject = pollingGateway(ports, load, directory);
  return {
    ...subject,
    name: `gateway, ${units * ports.length} devices`,
    command(port) {
      const command = subject.command(port);
      const config = readFileSync(join(directory, "config.yaml"), "utf8");
      writeFileSync(join(directory, "config.yaml"), config.replace(/^devices:\n[\s\S]*/m, ""));
      mkdirSync(join(directory, "devices.d"), { recursive: true });
      for (const link of ports.keys()) writeDevices(directory, link, units);
      return command;
    },
  };
}

export interface EntriesLoad {
  /** On each link. */
  readonly units: number;
  readonly load: RegisterLoad;
}

/** The devices of one link; the last one reads the unit that is given. */
export function writeDevices(directory: string, link: number, units: number, last = units): void {
  const entries = Array.from({ length: units }, (_, i) => {
    const unit = i === units - 1 ? last : i + 1;
    return `  - { id: d${link + 1}-${i + 1}, mapping: many-floats, link: plc${link + 1}, unit_id: ${unit} }\n`;
  });
  writeFileSync(join(directory, "devices.d", `plc${link + 1}.yaml`), `devices:\n${entries.join("")}`);
}

function manyFloats({ floats, every }: RegisterLoad): string {
  const values = Array.from({ length: floats }, (_, i) => `    ${i}: { sensor_value: { holding: ${2 * i} } }`);
  return `format: 1
mapping: many-floats
protocol: modbus
params: { unit_id: { type: int, range: [1, 247] } }
modbus: { unit_id: $unit_id }
every: { normal: ${every}s }
objects:
  3300:
    defaults: { as: f32 }
${values.join("\n")}
`;
}

function configuration(ports: readonly number[], server: number): string {
  const links = ports.map((port, i) => `  plc${i + 1}: { type: modbus-tcp, host: 127.0.0.1, port: ${port} }`);
  const devices = ports.map(
    (_, i) => `  - { id: d${i + 1}-$unit_id, mapping: many-floats, link: plc${i + 1}, each: { unit_id: 1..${UNITS} } }`,
  );
  return `format: 1
gateway: { endpoint: "urn:dev:ops:32473-bench", state: state }
servers: [ { id: 101, uri: "coap://127.0.0.1:${server}", lifetime: 5m } ]
links:
${links.join("\n")}
devices:
${devices.join("\n")}
`;
}
