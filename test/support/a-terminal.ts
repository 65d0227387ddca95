/** A program on a terminal of its own: a pseudo-terminal of a given size, made by python3. */
import { type Lifetime, type RunningProcess, start } from "./process.ts";

/** Copies what the program writes; ends as it does; SIGINT comes to the program as Ctrl-C does. */
const ON_A_TERMINAL = `
import fcntl, os, pty, signal, struct, sys, termios
columns, rows, *argv = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))
    os.execvp(argv[0], argv)
signal.signal(signal.SIGINT, lambda *_: os.write(fd, b"\\x03"))
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
`;

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export function onTerminal(t: Lifetime, size: TerminalSize, argv: readonly string[]): RunningProcess {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, TERM: "xterm" };
  return start(t, "python3", ["-c", ON_A_TERMINAL, String(size.columns), String(size.rows), ...argv], { env });
}
