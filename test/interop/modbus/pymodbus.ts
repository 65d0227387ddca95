/** pymodbus (Python) as a slave: Modbus on serial lines and over UDP that we did not write. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { tellPeer } from "../../support/peer.ts";
import { start } from "../../support/process.ts";
import { aPtyPair } from "../../support/pty-pair.ts";

export type PymodbusKind = "rtu" | "ascii" | "rtu-over-tcp" | "udp" | "tcp";

const SLAVE = fileURLToPath(new URL("pymodbus_slave.py", import.meta.url));
const BOOTLOADER = fileURLToPath(new URL("pymodbus_bootloader.py", import.meta.url));
const { XDG_CACHE_HOME = join(homedir(), ".cache") } = process.env;
const FOLDER = join(XDG_CACHE_HOME, "lwm2m-gateway", "pymodbus");
const INSTALL = `python3 -m venv ${FOLDER} && ${FOLDER}/bin/pip install pyserial==3.5 pymodbus==3.8.6`;

/**
 * Starts the slave; resolves with the path of our end of its line, or its port on 127.0.0.1. Undefined, the test being skipped, where
 * there is no pymodbus, or no pseudo-terminal. `options`: more arguments of the slave.
 */
export async function aPymodbusSlave(
  t: TestContext,
  kind: PymodbusKind,
  ...options: readonly string[]
): Promise<string | undefined> {
  const python = findPymodbus(t);
  if (python === undefined) return undefined;
  const isSerial = kind === "rtu" || kind === "ascii";
  const pty = isSerial ? await aPtyPair(t) : undefined;
  if (isSerial && pty === undefined) return undefined;
  const slave = start(t, python, [SLAVE, kind, ...(pty === undefined ? [] : [pty.theirs]), ...options]);
  const [, port] = await slave.printed(/ready|port (\d+)/);
  return pty?.ours ?? port;
}

/** A Python that has pymodbus, and the path of the slave that takes firmware; undefined, the test being skipped, where there is none. */
export function findBootloader(t: TestContext): { readonly python: string; readonly program: string } | undefined {
  const python = findPymodbus(t);
  return python === undefined ? undefined : { python, program: BOOTLOADER };
}

/** A Python that has pymodbus; undefined, the test being skipped, where there is none. */
function findPymodbus(t: TestContext): string | undefined {
  const python = join(FOLDER, "bin", "python");
  const asked = "import serial, pymodbus; print(pymodbus.__version__)";
  const { status, stdout } = existsSync(python)
    ? spawnSync(python, ["-c", asked], { encoding: "utf8" })
    : { status: 1, stdout: "?" };
  tellPeer(t, "pymodbus", stdout.trim());
  if (status === 0) return python;
  t.skip(`pymodbus is not installed: ${INSTALL}`);
  return undefined;
}
