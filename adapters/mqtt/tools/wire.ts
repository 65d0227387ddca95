/** The broker that a tool talks to: that of the link which the user named, or of the options. Always over a connection of its own. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  type AdapterContext,
  DeviceError,
  reasonOf,
  SECOND,
  type ToolArguments,
  type ToolContext,
  type ToolOptions,
  typedOptions,
  WrongArguments,
} from "../../../src/adapter.ts";
import { type BrokerConnection, type ConnectionListener, connectBroker } from "../broker/connection.ts";
import { type MqttOptions, optionsSchema, urlOf, type Will } from "../options.ts";

export const WIRE_OPTIONS: ToolOptions = {
  url: {
    type: "string",
    value: "URL",
    help: "The broker: mqtt://host or mqtts://host, with :port where it is another.",
  },
  user: { type: "string", value: "NAME", help: "User name at the broker." },
  password: {
    type: "string",
    value: "TEXT",
    help: "Its password; @FILE is read from that file, and nobody else on the machine sees it.",
  },
  version: { type: "string", value: "3.1.1|5", help: "Version of MQTT; default: 3.1.1." },
  "client-id": { type: "string", value: "NAME", help: "Where the broker takes certain names only." },
  ca: { type: "string", value: "FILE", help: "The CA to trust, or the broker's own certificate, PEM." },
  certificate: { type: "string", value: "FILE", help: "Our certificate, where the broker wants one, PEM." },
  key: { type: "string", value: "FILE", help: "Its key, PEM." },
  "server-name": {
    type: "string",
    value: "NAME",
    help: "The name in the broker's certificate, where it is not the host.",
  },
};

/** A broker, and how to reach it. */
export interface Wire {
  /** For people: "mqtt://10.0.4.5:1883". */
  readonly name: string;
  readonly options: MqttOptions;
  /** How we are known there; absent: by a name that nobody else has. */
  readonly clientId?: string | undefined;
}

/** Rejects with WrongArguments where the options name no broker. */
export async function wireOf(args: ToolArguments, link: ToolContext["link"]): Promise<Wire> {
  if (link === undefined) {
    const options = optionsOf(await entryOf(args));
    return { name: urlOf(options.broker), options, clientId: options.clientId };
  }
  if (!isOptions(link.options)) throw new WrongArguments(`link ${link.id}: it leads to no MQTT broker`);
  // The gateway's own name would end the gateway's connection (MQTT 3.1.1 §3.1.4).
  return { name: urlOf(link.options.broker), options: link.options };
}

/** Throws WrongArguments. `entry`: as a user would write it behind the link. */
export function optionsOf(entry: Readonly<Record<string, unknown>>): MqttOptions {
  return typedOptions(optionsSchema, entry);
}

export function isOptions(value: unknown): value is MqttOptions {
  return typeof value === "object" && value !== null && "broker" in value && "keepAlive" in value;
}

/** What a list of all devices may have. Others' payloads are never held for long. */
const LARGEST_PAYLOAD = 8 * 1024 * 1024;
const CONNECT_TIMEOUT = 10 * SECOND;

export interface Connecting extends Pick<AdapterContext, "clock" | "random"> {
  readonly signal?: AbortSignal;
  /** What the broker publishes when we are gone without a word. */
  readonly will?: Will;
}

/** Connects once, with a clean session. Rejects with DeviceError `unreachable`, or with the signal's reason. */
export async function connectWire(
  { options, clientId, name }: Wire,
  listener: ConnectionListener,
  { clock, random, signal, will }: Connecting,
): Promise<BrokerConnection> {
  const { kept: _kept, will: _will, ...others } = options;
  const connectOptions = {
    ...others,
    ...(will === undefined ? {} : { will }),
    clientId: clientId ?? `lwm2m-gateway-${Buffer.from(random(6)).toString("hex")}`,
    max: Math.max(others.max, LARGEST_PAYLOAD),
  };
  const ending = new AbortController();
  const stop = (): void => ending.abort(signal?.reason);
  if (signal?.aborted === true) stop();
  signal?.addEventListener("abort", stop, { once: true });
  const late = new DeviceError("unreachable", `${name} did not answer within ${CONNECT_TIMEOUT / SECOND} s`);
  const cancel = clock.at(clock.monotonic() + CONNECT_TIMEOUT, () => ending.abort(late));
  try {
    return await connectBroker(connectOptions, listener, ending.signal);
  } catch (error) {
    if (!(error instanceof DeviceError) || error === late) throw error;
    throw new DeviceError(error.kind, `${name}: ${error.message}`, { cause: error });
  } finally {
    cancel();
    signal?.removeEventListener("abort", stop);
  }
}

/** A link as a user would write it. */
async function entryOf(args: ToolArguments): Promise<Readonly<Record<string, unknown>>> {
  if (args.text("url") === undefined) {
    throw new WrongArguments("which broker? expected --link ID, or --url mqtt://HOST");
  }
  const given = Object.keys(WIRE_OPTIONS).flatMap((option): [string, string][] => {
    const text = args.text(option);
    return text === undefined ? [] : [[option.replaceAll("-", "_"), FILES.has(option) ? resolve(text) : text]];
  });
  const password = await secretOf(args.text("password"));
  return { ...Object.fromEntries(given), ...(password === undefined ? {} : { password }) };
}

const FILES: ReadonlySet<string> = new Set(["ca", "certificate", "key"]);

/** `@FILE`: its first line. */
async function secretOf(text: string | undefined): Promise<string | undefined> {
  if (text === undefined || !text.startsWith("@")) return text;
  try {
    const [line = ""] = (await readFile(text.slice(1), "utf8")).split(/\r?\n/, 1);
    return line;
  } catch (error) {
    throw new WrongArguments(`--password ${text}: ${reasonOf(error)}`, { cause: error });
  }
}
