/** The helper as systemd runs it (Accept=yes): a socket, and for each connection a process that has it as input and output. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestContext } from "node:test";
import { PROGRAM } from "./command.ts";
import { hasTool } from "./foreign-tool.ts";
import { type RunningProcess, start } from "./process.ts";
import { temporaryDirectory } from "./temp.ts";

/** What inetd does. Node cannot give a child a socket as its descriptors. */
const SCRIPT = `
import socket, subprocess, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
print("listening", flush=True)
while True:
    connection, _ = s.accept()
    subprocess.run(sys.argv[2:], stdin=connection, stdout=connection)
    connection.close()
`;

export class AHelper {
  readonly socket: string;
  readonly process: RunningProcess;
  private readonly log: string;

  constructor(socket: string, process: RunningProcess, log: string) {
    this.socket = socket;
    this.process = process;
    this.log = log;
  }

  /** What would have been run as root, a line each. */
  get commands(): readonly string[] {
    return existsSync(this.log) ? readFileSync(this.log, "utf8").trim().split("\n") : [];
  }
}

/** `systemctl` and `timedatectl` only write down what they are asked for; `failing` fails with a sentence. */
export async function aHelper(t: TestContext, failing?: "systemctl" | "timedatectl"): Promise<AHelper | undefined> {
  if (!hasTool(t, "python3", "apt-get install -y python3")) return undefined;
  const folder = temporaryDirectory(t);
  const [programs, socket, log] = [join(folder, "bin"), join(folder, "socket"), join(folder, "log")];
  mkdirSync(programs);
  for (const name of ["systemctl", "timedatectl"]) {
    const end = name === failing ? "echo it is not to be had >&2; exit 1" : "exit 0";
    const file = join(programs, name);
    writeFileSync(file, `#!/bin/sh\necho ${name} "$@" >> "${log}"\n${end}\n`);
    chmodSync(file, 0o755);
  }
  const { PATH = "" } = process.env;
  const env = { ...process.env, PATH: [programs, PATH].join(delimiter) };
  const running = start(t, "python3", ["-u", "-c", SCRIPT, socket, process.execPath, PROGRAM, "helper"], { env });
  await running.printed(/listening/);
  return new AHelper(socket, running, log);
}
