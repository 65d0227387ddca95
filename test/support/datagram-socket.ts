/** A Unix datagram socket such as systemd and journald listen on. Node has none: Python has it. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import { hasTool } from "./foreign-tool.ts";
import { type RunningProcess, start } from "./process.ts";
import { temporaryDirectory } from "./temp.ts";

/** Prints a line for each datagram, in base64; what came as a file is its length and its beginning. */
const SCRIPT = `
import array, base64, os, socket, stat, sys
path = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\\0" + path[1:] if path[0] == "@" else path)
print("bound", flush=True)
while True:
    data, ancillary, _, _ = s.recvmsg(1 << 20, socket.CMSG_SPACE(4))
    for _, _, numbers in ancillary:
        file = array.array("i", numbers)[0]
        # Of systemd-notify it is a pipe, which it sees closed.
        if stat.S_ISREG(os.fstat(file).st_mode):
            data = b"file:%d:" % os.fstat(file).st_size + os.pread(file, 100, 0)
        os.close(file)
    print(base64.b64encode(data).decode(), flush=True)
`;

export class DatagramSocket {
  /** As NOTIFY_SOCKET has it. */
  readonly path: string;
  readonly received: Buffer[] = [];
  private ended = false;
  private listener: (text: string) => void = () => {};
  private wake: () => void = () => {};

  constructor(path: string, process: RunningProcess) {
    this.path = path;
    void process.outcome.then(() => {
      this.ended = true;
      this.wake();
    });
    let rest = "";
    process.child.stdout?.on("data", (text: string) => {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines.filter((line) => line !== "bound")) {
        const bytes = Buffer.from(line, "base64");
        this.received.push(bytes);
        this.listener(bytes.toString());
      }
      this.wake();
    });
  }

  /** Hears each from now on, as text. */
  onText(listener: (text: string) => void): void {
    this.listener = listener;
  }

  /** What came so far, as text. */
  get texts(): readonly string[] {
    return this.received.map((bytes) => bytes.toString());
  }

  /** Resolves to the first datagram from this one on, that matches. */
  async got(pattern: RegExp, from = 0): Promise<string> {
    for (;;) {
      const found = this.texts.slice(from).find((text) => pattern.test(text));
      if (found !== undefined) return found;
      if (this.ended) throw new Error(`the socket is gone; it got ${JSON.stringify(this.texts)}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

/** Undefined, the test being skipped, where there is no Python. `name`: "@…" for an abstract one. */
export async function aDatagramSocket(t: TestContext, name?: string): Promise<DatagramSocket | undefined> {
  if (!hasTool(t, "python3", "apt-get install -y python3")) return undefined;
  const path = name ?? join(temporaryDirectory(t), "socket");
  const process = start(t, "python3", ["-u", "-c", SCRIPT, path]);
  const socket = new DatagramSocket(path, process);
  await process.printed(/bound/);
  return socket;
}
