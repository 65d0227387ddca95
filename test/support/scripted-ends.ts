/** One server as many clients reach it, each from a port of its own: a scripted server for each, which are told apart by their endpoints. */
import type { Transport } from "../../src/servers/transport/transport.ts";
import type { UplinkPort } from "../../src/servers/uplink/uplinks.ts";
import type { Opening } from "./dtls-end.ts";
import type { Heard } from "./scripted-registrations.ts";
import type { ScriptedServer } from "./scripted-server.ts";

/** Far from those that a scripted server gives by itself. */
const FIRST_PORT = 52_000;

export class ScriptedEnds {
  /** What the gateway itself reaches: the first that it opens. */
  readonly gateway: ScriptedServer;
  /** What is done to each that comes. */
  onOpen: (server: ScriptedServer, opening: Opening | undefined) => void = () => {};
  private readonly make: () => ScriptedServer;
  private readonly byPort = new Map<number, ScriptedServer>();
  private readonly all: ScriptedServer[];
  private opened = false;

  constructor(make: () => ScriptedServer) {
    this.make = make;
    this.gateway = make();
    this.all = [this.gateway];
  }

  /** Another process begins. */
  begin(): void {
    this.opened = false;
  }

  openTransport(wishedPort: number | undefined, opening: Opening | undefined, uplink?: UplinkPort): Transport {
    if (!this.opened) {
      this.opened = true;
      return this.gateway.openTransport(wishedPort, opening, uplink);
    }
    const known = wishedPort === undefined ? undefined : this.byPort.get(wishedPort);
    if (known !== undefined) return known.openTransport(wishedPort, opening, uplink);
    const server = this.make();
    const port = FIRST_PORT + this.all.length;
    this.all.push(server);
    this.byPort.set(port, server);
    this.onOpen(server, opening);
    return server.openTransport(port, opening, uplink);
  }

  /** The newest that has heard a Register with this endpoint. */
  of(endpoint: string): ScriptedServer {
    const found = this.all.findLast(({ registrations }) => hasRegistered(registrations.heard, endpoint));
    if (found === undefined) throw new RangeError(`${endpoint} has not registered; ${this.endpoints.join(", ")} have`);
    return found;
  }

  /** Of all that stand registered. */
  get endpoints(): readonly string[] {
    const standing = this.all.filter(({ registrations }) => registrations.location !== undefined);
    return standing.flatMap(
      ({ registrations }) => registrations.heard.findLast(isRegister)?.query.flatMap(endpointOf) ?? [],
    );
  }

  /** Whatever was heard of registrations, in the order of its coming. */
  get heard(): readonly Heard[] {
    return this.all.flatMap(({ registrations }) => registrations.heard).toSorted((a, b) => a.at - b.at);
  }

  /** Every one so far. */
  get servers(): readonly ScriptedServer[] {
    return this.all;
  }
}

function isRegister({ type }: Heard): boolean {
  return type === "register";
}

function endpointOf(query: string): string[] {
  return query.startsWith("ep=") ? [query.slice("ep=".length)] : [];
}

function hasRegistered(heard: readonly Heard[], endpoint: string): boolean {
  return heard.some(({ type, query }) => type === "register" && query.includes(`ep=${endpoint}`));
}
