/** A serial server with a receiver of lrzsz behind it, and a line between the two that damages and loses what a test wants. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import type { TestContext } from "node:test";

export interface Damage {
  /** What arrives of what the sender says; nothing: it is lost. */
  readonly there?: (bytes: Buffer) => Buffer;
  /** What arrives of what the receiver says. */
  readonly back?: (bytes: Buffer) => Buffer;
}

export interface LrzszServer {
  readonly port: number;
  /** Starts the receiver, once somebody is connected; resolves when it has ended. */
  receive(): Promise<void>;
}

export async function anLrzszServer(
  t: TestContext,
  { folder, program, args }: { readonly folder: string; readonly program: string; readonly args: readonly string[] },
  { there = (bytes) => bytes, back = (bytes) => bytes }: Damage,
): Promise<LrzszServer> {
  let receive: (() => Promise<void>) | undefined;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    receive = () =>
      new Promise((resolve) => {
        const child = spawn(program, args, { cwd: folder, stdio: ["pipe", "pipe", "ignore"] });
        t.after(() => child.kill("SIGKILL"));
        child.stdin.on("error", () => {});
        child.stdout.on("data", (bytes: Buffer) => socket.write(back(bytes)));
        socket.on("data", (bytes) => child.stdin.write(there(bytes)));
        child.on("close", () => resolve());
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return { port: address.port, receive: () => receive?.() ?? assert.fail("nobody is connected") };
}
