/** Whether somebody answers where a server shall be: one honest sentence, before the rest is asked. */
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import { type Millis, SECOND, systemClock, systemRandom } from "../../clock.ts";
import { serverSchema } from "../../config/schema.ts";
import { systemCode } from "../../errors.ts";
import { clientHello } from "./client-hello.ts";

const PATIENCE: Millis = 2 * SECOND;
const TRIES = 2;

export interface Reached {
  readonly sentence: string;
  readonly answers: boolean;
}

/** `uri`: one that the schema has taken. Never rejects for what the network does. */
export async function reachServer(uri: string, signal: AbortSignal): Promise<Reached> {
  const { scheme, host, port } = serverSchema.shape.uri.parse(uri);
  const address = await lookup(host).catch(() => undefined);
  if (address === undefined) return no(`the name ${host} does not resolve here: is it right, and is there a network?`);
  const at = { address: address.address, family: address.family, port };
  const where = `${host} port ${port}`;
  switch (scheme) {
    case "coap":
      return told(await askUdp(at, ping(), signal), where, "CoAP ping");
    case "coaps":
      return told(await askUdp(at, clientHello(systemRandom(32)), signal), where, "DTLS ClientHello");
    case "coap+tcp":
      return toldTcp(await askTcp(at, signal), where);
  }
}

interface At {
  readonly address: string;
  readonly family: number;
  readonly port: number;
}

type Outcome = "answer" | "refused" | "silence" | "unreachable";

/** An empty confirmable message: RFC 7252 §4.3 has it answered by a Reset. */
function ping(): Uint8Array {
  return Uint8Array.from([0x40, 0, ...systemRandom(2)]);
}

async function askUdp({ address, family, port }: At, message: Uint8Array, signal: AbortSignal): Promise<Outcome> {
  for (let i = 0; i < TRIES && !signal.aborted; i++) {
    const socket = createSocket(family === 6 ? "udp6" : "udp4");
    try {
      const outcome = await new Promise<Outcome>((resolve) => {
        const end = once(() => resolve("silence"), signal);
        socket.on("message", () => end(() => resolve("answer")));
        socket.on("error", (error) => end(() => resolve(outcomeOf(error))));
        // Connected, so that the system tells where nobody listens.
        socket.connect(port, address, () => socket.send(message));
      });
      if (outcome !== "silence") return outcome;
    } finally {
      socket.close();
    }
  }
  return "silence";
}

async function askTcp({ address, port }: At, signal: AbortSignal): Promise<Outcome> {
  const socket = connect({ host: address, port });
  try {
    return await new Promise<Outcome>((resolve) => {
      const end = once(() => resolve("silence"), signal);
      socket.on("connect", () => end(() => resolve("answer")));
      socket.on("error", (error) => end(() => resolve(outcomeOf(error))));
    });
  } finally {
    socket.destroy();
  }
}

/** Returns what ends the wait before its time; what comes later is not heard. */
function once(onTimeout: () => void, signal: AbortSignal): (done: () => void) => void {
  let over = false;
  const end = (done: () => void): void => {
    if (over) return;
    over = true;
    cancel();
    signal.removeEventListener("abort", stop);
    done();
  };
  const stop = (): void => end(onTimeout);
  const cancel = systemClock.at(systemClock.monotonic() + PATIENCE, stop);
  signal.addEventListener("abort", stop);
  return end;
}

function outcomeOf(error: Error): Outcome {
  return systemCode(error) === "ECONNREFUSED" ? "refused" : "unreachable";
}

function told(outcome: Outcome, where: string, what: string): Reached {
  switch (outcome) {
    case "answer":
      return { sentence: `${where} answers a ${what}`, answers: true };
    case "refused":
      return no(`nobody listens at ${where} now; the gateway will try until somebody does`);
    case "unreachable":
      return no(`there is no way to ${where} from here now; the gateway will try until there is one`);
    case "silence":
      return no(
        `${where} does not answer a ${what}: a firewall, a wrong port, or a server that is quiet to strangers; the gateway will try on`,
      );
  }
}

function toldTcp(outcome: Outcome, where: string): Reached {
  return outcome === "answer"
    ? { sentence: `${where} takes TCP connections`, answers: true }
    : told(outcome, where, "TCP connection");
}

function no(sentence: string): Reached {
  return { sentence, answers: false };
}
