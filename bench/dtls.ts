/** What DTLS costs: echoes of a hundred bytes, beside node-dtls-client; with a Connection ID, and without. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EchoFigures } from "./echo/echoes.ts";
import { type EchoServer, gnutlsServer, ownServer } from "./echo/server.ts";
import type { Result } from "./result.ts";
import { figuresOf, ROUNDS } from "./run.ts";
import { medians, round } from "./statistics.ts";

const OURS = "gateway's transport";
const PEER = "node-dtls-client";
const WITHOUT_ID = "addon's server, no Connection ID";
const WITH_ID = "addon's server, Connection ID";
/** Of the echoes of the peer. */
const GOAL = 1.5;

const ABOUT = `Messages of 100 bytes to an echo server and back, 32 under way, TLS_PSK_WITH_AES_128_CCM_8. The clients are the transport that
the gateway has for \`coaps://\`, over the addon and UDP, and node-dtls-client by itself; each is a process of its own, and its
processor time is that of all its threads. The server is GnuTLS's (\`gnutls-serv\`, in C). It knows no Connection IDs, so what they
cost is told by two measurements at the side of the addon that is there for tests, a process of its own too.`;

interface Subject {
  readonly name: string;
  /** Below bench/. */
  readonly program: string;
  readonly options: readonly string[];
  serve(directory: string): Promise<EchoServer>;
}

const SUBJECTS: readonly Subject[] = [
  { name: OURS, program: "echo/ours.ts", options: ["off"], serve: gnutlsServer },
  { name: PEER, program: "peers/node-dtls-client.mjs", options: [], serve: gnutlsServer },
  { name: WITHOUT_ID, program: "echo/ours.ts", options: ["off"], serve: () => ownServer("off") },
  { name: WITH_ID, program: "echo/ours.ts", options: ["offer"], serve: () => ownServer("offer") },
];

export async function dtls(): Promise<Result> {
  const all = await rounds();
  const figures = figuresOf(all, OURS);
  const peer = figuresOf(all, PEER);
  const ratio = round(figures["echoes/s"] / peer["echoes/s"], 2);
  return {
    name: "dtls",
    subject: OURS,
    about: ABOUT,
    figures,
    variants: { [WITHOUT_ID]: figuresOf(all, WITHOUT_ID), [WITH_ID]: figuresOf(all, WITH_ID) },
    peers: { [PEER]: peer },
    ratio,
    goals: [
      { goal: `DTLS: at least ${GOAL} times the echoes of node-dtls-client`, reached: `${ratio}`, met: ratio >= GOAL },
      { goal: "DTLS: no echo lost", reached: `${figures.lost}`, met: figures.lost === 0 },
    ],
  };
}

/** Every subject once a round, so that what disturbs the machine disturbs all of them. */
async function rounds(): Promise<ReadonlyMap<string, EchoFigures>> {
  const all = new Map<string, EchoFigures[]>();
  const directory = mkdtempSync(join(tmpdir(), "lwm2m-gateway-bench-"));
  for (let round = 1; round <= ROUNDS; round++) {
    for (const subject of SUBJECTS) {
      const figures = await measured(subject, directory);
      process.stderr.write(`${round}/${ROUNDS} ${subject.name}: ${JSON.stringify(figures)}\n`);
      all.set(subject.name, [...(all.get(subject.name) ?? []), figures]);
    }
  }
  rmSync(directory, { recursive: true });
  return new Map([...all].map(([name, figures]) => [name, medians(figures)]));
}

async function measured({ name, program, options, serve }: Subject, directory: string): Promise<EchoFigures> {
  const server = await serve(directory);
  const file = fileURLToPath(new URL(`./${program}`, import.meta.url));
  const client = fork(file, [String(server.port), ...options], { execArgv: ["--max-semi-space-size=1"] });
  try {
    const ended = once(client, "exit").then(([code, signal]) => `${name} ended with ${code ?? signal}`);
    const told = await Promise.race([once(client, "message"), ended]);
    if (typeof told === "string") throw new Error(told);
    return told[0];
  } finally {
    for (const child of [client, server.process]) await stop(child);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}
