/** Who stands behind a client: reads object 25 (Gateway TS 1.1 §6) and observes every object instance of every device. */
import { reasonOf } from "../src/errors.ts";
import type { TimedPathValue } from "../src/lwm2m/formats/codec.ts";
import { parseLinks } from "../src/lwm2m/formats/link-format.ts";
import { isWithin, type Path, parsePath, pathParts } from "../src/lwm2m/path.ts";
import { type Client, type DeviceBehind, instancePaths } from "./client.ts";
import type { Management } from "./management.ts";

const GATEWAY_OBJECT = parsePath("/25");

export interface ExplorerListener {
  /** A sentence about what happened. */
  onEvent(sentence: string): void;
  onValues(client: Client, values: readonly TimedPathValue[]): void;
  /** Whether the client is still registered. */
  isThere(client: Client): boolean;
}

export class Explorer {
  private readonly management: Management;
  private readonly listener: ExplorerListener;
  /** Who is being explored; true: once more, its object list has changed meanwhile. */
  private readonly underWay = new Map<Client, boolean>();
  /** Whose object 25 could not be read. */
  private readonly unknown = new WeakSet<Client>();

  constructor(management: Management, listener: ExplorerListener) {
    this.management = management;
    this.listener = listener;
  }

  /** Runs beside whatever else happens; one at a time for each client. */
  explore(client: Client): void {
    const running = this.underWay.has(client);
    this.underWay.set(client, running);
    if (!running) void this.run(client);
  }

  /** Whether something that should be observed is not: its device was away, the client ended it or gave no answer. */
  isIncomplete(client: Client): boolean {
    return this.unknown.has(client) || wantedPaths(client).some((path) => !client.observed.has(path));
  }

  /** Ends what is observed, without a word to the client. */
  forget(client: Client): void {
    for (const end of client.observed.values()) end();
    client.observed.clear();
  }

  private async run(client: Client): Promise<void> {
    // The answer to its Register, or its Update, goes out first.
    await new Promise<void>((resolve) => setImmediate(resolve));
    try {
      do {
        this.underWay.set(client, false);
        this.unknown.add(client);
        await this.discover(client);
        this.unknown.delete(client);
      } while (this.underWay.get(client) === true && this.listener.isThere(client));
    } catch (error) {
      if (this.listener.isThere(client)) this.listener.onEvent(`${client.endpoint}: ${reasonOf(error)}`);
    } finally {
      this.underWay.delete(client);
    }
  }

  private async discover(client: Client): Promise<void> {
    if (!instancePaths(client.links, "").some((path) => isWithin(path, GATEWAY_OBJECT))) return;
    const values = await this.management.read(client.peer, GATEWAY_OBJECT);
    this.listener.onValues(client, values);
    const names = (): string => [...client.devices.keys()].map((prefix) => `/${prefix}`).join(" ");
    const before = names();
    client.devices = new Map(devicesOf(values).map((device) => [device.prefix, device]));
    if (names() !== before) this.listener.onEvent(`${client.endpoint} shows ${devicesIn(client)}: ${names()}`);
    const wanted = wantedPaths(client);
    this.dropUnwanted(client, wanted);
    for (const path of wanted) {
      if (!client.observed.has(path) && this.listener.isThere(client)) await this.observe(client, path);
    }
  }

  private dropUnwanted(client: Client, wanted: readonly Path[]): void {
    for (const [path, end] of client.observed) {
      if (wanted.includes(path)) continue;
      end();
      client.observed.delete(path);
    }
    for (const known of client.values.keys()) {
      const kept = isWithin(known, GATEWAY_OBJECT) || wanted.some((path) => isWithin(known, path));
      if (!kept) client.values.delete(known);
    }
  }

  private async observe(client: Client, path: Path): Promise<void> {
    const { peer } = client;
    try {
      const end = await this.management.observe(peer, path, {
        onValues: (values) => this.listener.onValues(client, values),
        onEnd: (reason) => {
          client.observed.delete(path);
          if (this.listener.isThere(client)) this.listener.onEvent(`${path} is not observed any more: ${reason}`);
        },
      });
      client.observed.set(path, end);
    } catch (error) {
      if (this.listener.isThere(client)) this.listener.onEvent(`${path} cannot be observed: ${reasonOf(error)}`);
    }
  }
}

function devicesIn({ devices }: Client): string {
  return `${devices.size} device${devices.size === 1 ? "" : "s"}`;
}

/** Every object instance of every device behind a client. */
function wantedPaths(client: Client): Path[] {
  return [...client.devices.values()].flatMap(({ prefix, links }) => instancePaths(links, prefix));
}

/** The instances of object 25, from what a read of `/25` brought. */
function devicesOf(values: readonly TimedPathValue[]): DeviceBehind[] {
  const text = new Map(values.map(({ path, value }) => [path, String(value)]));
  const instances = new Set(values.map(({ path }) => pathParts(path).instance ?? 0));
  return [...instances].flatMap((instance) => {
    const prefix = text.get(parsePath(`/25/${instance}/1`));
    const id = text.get(parsePath(`/25/${instance}/0`)) ?? "";
    const links = parseLinks(text.get(parsePath(`/25/${instance}/3`)) ?? "");
    return prefix === undefined ? [] : [{ instance, id, prefix, links }];
  });
}
