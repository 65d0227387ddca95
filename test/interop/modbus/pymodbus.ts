/** pymodbus (Python) as a slave: Modbus on serial lines and over UDP that we did not write. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { tellPeer } from "../../support/peer.ts";

export const PYMODBUS_SLAVE = fileURLToPath(new URL("pymodbus_slave.py", import.meta.url));
const { XDG_CACHE_HOME = join(homedir(), ".cache") } = process.env;
const FOLDER = join(XDG_CACHE_HOME, "lwm2m-gateway", "pymodbus");
const INSTALL = `python3 -m venv ${FOLDER} && ${FOLDER}/bin/pip install pyserial==3.5 pymodbus==3.8.6`;

/** A Python that has pymodbus; undefined, the test being skipped, where there is none. */
export function findPymodbus(t: TestContext): string | undefined {
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
