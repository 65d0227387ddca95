/** Echo servers for the clients to talk to, each a process of its own. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freeUdpPort } from "../../test/support/udp-relay.ts";
import { IDENTITY, KEY } from "../load/secured.ts";
import { pause } from "../run.ts";

export interface EchoServer {
  readonly process: ChildProcess;
  readonly port: number;
}

/** Until it listens, in milliseconds: GnuTLS's server says nothing when it is quiet. */
const START = 300;

/** In C: GnuTLS's. It serves one client after the other. */
export async function gnutlsServer(directory: string): Promise<EchoServer> {
  const passwords = join(directory, "psk.txt");
  writeFileSync(passwords, `${IDENTITY}:${KEY.toString("hex")}\n`);
  const port = await freeUdpPort();
  const priority = "NONE:+VERS-DTLS1.2:+PSK:+AES-128-CCM-8:+AEAD:+SIGN-ALL:+COMP-NULL:+GROUP-SECP256R1";
  const options = ["--udp", "--echo", "--quiet", "--port", String(port), "--pskpasswd", passwords];
  const process = spawn("gnutls-serv", [...options, "--priority", priority], { stdio: "ignore" });
  await Promise.race([once(process, "spawn"), once(process, "error")]);
  if (process.pid === undefined) throw new Error("gnutls-serv is not installed: apt install gnutls-bin");
  await pause(START);
  return { process, port };
}

/** The addon's side for tests, which knows Connection IDs. */
export async function ownServer(connectionId: "offer" | "off"): Promise<EchoServer> {
  const process = fork(fileURLToPath(new URL("./own-server.ts", import.meta.url)), [connectionId]);
  const [port] = await once(process, "message");
  return { process, port: Number(port) };
}
