/** The gateway as a user runs it, between an LwM2M Server and a mosquitto; its devices are mosquitto's clients. */
import type { TestContext } from "node:test";
import type { Mosquitto } from "../../support/mosquitto.ts";
import { type GatewaySetup, GatewayWorld } from "../gateway-world.ts";

/** By what the broker's log names the gateway. */
export const CLIENT_ID = "gw";

export interface WorldSetup extends Pick<GatewaySetup, "mappings" | "files"> {
  /** Keys of the link beside its type and url, e.g. `version: 5`; FOLDER is the folder of `files`. */
  readonly link?: string;
  /** In place of the broker's own. */
  readonly url?: string;
  /** Each a flow map of YAML, without its link: `id: kitchen, mapping: room, name: kitchen`. */
  readonly devices: readonly string[];
}

/** Resolves when the gateway has registered. */
export function openWorld(t: TestContext, broker: Mosquitto, setup: WorldSetup): Promise<GatewayWorld> {
  const { link = "", url = broker.url, devices, mappings, files = {} } = setup;
  const keys = link === "" ? "" : `, ${link}`;
  const links = [`broker: { type: mqtt, url: "${url}", client_id: ${CLIENT_ID}, reconnect: 100ms..500ms${keys} }`];
  const linked = devices.map((device) => `${device}, link: broker`);
  return GatewayWorld.open(t, { protocol: "mqtt", links, devices: linked, mappings, files });
}

/** Resolves when the broker has the gateway's subscription to this filter. */
export async function subscribed(broker: Mosquitto, filter: string, qos = 0): Promise<void> {
  await broker.printed(new RegExp(`^${CLIENT_ID} ${qos} ${filter.replace(/[+$]/g, "\\$&")}$`, "m"));
}

/** Stops the gateway: what a person saw in its log of the link itself. */
export function logOfLink(world: GatewayWorld): Promise<readonly string[]> {
  return world.logOf((line) => "broker" in line && !("device" in line));
}
