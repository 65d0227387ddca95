/** The whole gateway on a simulated clock, with its meters behind it and a wide-area link before it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Gateway } from "../../src/gateway/gateway.ts";
import { silentLogger } from "../../src/log.ts";
import { modbusOn } from "../../test/support/fake-bus.ts";
import { FakeClock, fakeRandom } from "../../test/support/fake-clock.ts";
import { Link, type LinkOptions } from "./link.ts";
import { MAPPING, METERS, meters } from "./meters.ts";
import { WanServer } from "./server.ts";

export interface World {
  readonly clock: FakeClock;
  readonly link: Link;
  readonly server: WanServer;
  stop(): Promise<void>;
}

/** `directory` takes its configuration and state. */
export async function start(directory: string, options: LinkOptions): Promise<World> {
  const clock = new FakeClock();
  const link = new Link(clock, options);
  const server = new WanServer(clock, (bytes) => link.down(bytes));
  const configFile = join(directory, "config.yaml");
  mkdirSync(join(directory, "mappings"));
  writeFileSync(configFile, CONFIGURATION);
  writeFileSync(join(directory, "mappings", "wan-meter.yaml"), MAPPING);
  const gateway = await Gateway.start({
    configFile,
    clock,
    random: fakeRandom(3),
    log: silentLogger,
    onFatal: (error) => {
      throw error;
    },
    edges: {
      adapters: [modbusOn(new Map([["bus", meters(clock)]]))],
      openTransport: () => link.transport((bytes) => server.receive(bytes)),
      boot: () => ({ id: "bench", uptime: clock.monotonic() }),
      clockSign: () => ({ type: "synchronized", by: "the benchmark" }),
    },
  });
  clock.busy = () => gateway.waitsForDisk;
  return { clock, link, server, stop: () => stop(gateway, clock) };
}

async function stop(gateway: Gateway, clock: FakeClock): Promise<void> {
  const stopping = gateway.stop();
  await clock.advance(GOODBYE);
  await stopping;
}

const GOODBYE = 10_000;

const CONFIGURATION = `format: 1
gateway: { endpoint: "urn:dev:ops:32473-bench", state: state }
servers:
  - { id: 101, uri: "coap://server", lifetime: 5m, ack_timeout: 1s, report: [ { paths: ["/*/10242"], every: 15s } ] }
links: { bus: { type: modbus-tcp, host: bus } }
devices: [ { id: meter-$number, mapping: wan-meter, link: bus, unit_id: $number, each: { number: 1..${METERS} } } ]
`;
