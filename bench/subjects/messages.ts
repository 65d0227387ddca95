/** Devices that speak by MQTT: what publishes for them, the gateway that hears them, and the package mqtt by itself. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { locateData } from "../../src/locate.ts";
import type { PublishAnswer, PublishOrder } from "../load/mqtt-publisher.ts";
import { serviceEnvironment } from "./gateway.ts";
import type { Subject } from "./subject.ts";

/** What the mark tells is read here. */
export const MARK = "/mark/3303/0/5700";

/** The devices. */
export class Publisher {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  static async connect(broker: number, devices: number): Promise<Publisher> {
    const file = fileURLToPath(new URL("../load/mqtt-publisher.ts", import.meta.url));
    const child = fork(file, [broker, devices].map(String));
    await once(child, "message");
    return new Publisher(child);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Resolves when the last one has left. */
  async publish(order: PublishOrder): Promise<PublishAnswer> {
    const answered = once(this.child, "message");
    this.child.send(order);
    const [answer] = await answered;
    return answer;
  }

  close(): void {
    this.child.kill();
  }
}

/** The program as `npm run build` makes it, which is what is installed. */
export function listeningGateway(broker: number, devices: number, directory: string): Subject {
  const config = join(directory, "config.yaml");
  mkdirSync(join(directory, "mappings"), { recursive: true });
  writeFileSync(join(directory, "mappings", "bench-climate.yaml"), MAPPING);
  return {
    name: "gateway",
    paths: [MARK],
    takesStrangers: false,
    log: join(directory, "log"),
    environment: serviceEnvironment(),
    command(port) {
      writeFileSync(config, configuration({ broker, devices, server: port }));
      return [locateData("dist/src/main.js"), "run", "--config", config];
    },
  };
}

/** The package mqtt alone, which parses and keeps the same messages. */
export function bareSubscriber(broker: number, directory: string): Subject {
  const file = fileURLToPath(new URL("../peers/mqtt-bare.mjs", import.meta.url));
  mkdirSync(directory, { recursive: true });
  return {
    name: "mqtt",
    paths: [MARK],
    takesStrangers: true,
    log: join(directory, "log"),
    command: (port) => [file, String(port), String(broker)],
  };
}

const MAPPING = `format: 1
mapping: bench-climate
protocol: mqtt
params: { name: { type: string } }
mqtt:
  state: zigbee2mqtt/$name
  signal: { link_quality: linkquality }
connectivity: { bearer: ieee802.15.4, link_quality: auto }
objects:
  3303: { sensor_value: { path: temperature, unit: Cel } }
  3304: { sensor_value: { path: humidity, unit: "%RH" } }
  3316: { sensor_value: { path: voltage, scale: 0.001, unit: V } }
  3: { battery_level: { path: battery } }
`;

interface Ends {
  /** Ports on 127.0.0.1. */
  readonly broker: number;
  readonly server: number;
  readonly devices: number;
}

function configuration({ broker, server, devices }: Ends): string {
  return `format: 1
gateway: { endpoint: "urn:dev:ops:32473-bench", state: state }
servers: [ { id: 101, uri: "coap://127.0.0.1:${server}", lifetime: 5m } ]
links: { broker: { type: mqtt, url: "mqtt://127.0.0.1:${broker}" } }
devices:
  - { id: climate-$number, mapping: bench-climate, link: broker, name: climate-$number, each: { number: 1..${devices} } }
  - { id: mark, mapping: bench-climate, link: broker, name: mark }
`;
}
