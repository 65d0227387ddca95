/** A message bus of D-Bus for one test: a dbus-daemon with its own configuration and its own socket. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { hasTool } from "./foreign-tool.ts";
import { start } from "./process.ts";
import { temporaryDirectory } from "./temp.ts";

/** Everybody may say everything. */
const OPEN = `<policy context="default">
  <allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow receive_sender="*" eavesdrop="true"/><allow user="*"/>
</policy>`;

/**
 * The address, for DBUS_SYSTEM_BUS_ADDRESS. `policy`: the `<policy>` elements of its configuration. Undefined, the test being skipped,
 * where there is no dbus-daemon.
 */
export async function aPrivateBus(t: TestContext, policy: string = OPEN): Promise<string | undefined> {
  if (!hasTool(t, "dbus-daemon", "apt-get install -y dbus")) return undefined;
  const folder = temporaryDirectory(t);
  const config = join(folder, "bus.conf");
  writeFileSync(
    config,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=${folder}/bus</listen><auth>EXTERNAL</auth>${policy}</busconfig>
`,
  );
  const bus = start(t, "dbus-daemon", ["--config-file", config, "--nofork", "--nopidfile", "--print-address"]);
  const [, address = ""] = await bus.printed(/^(unix:\S+)$/m);
  return address;
}
