/** What systemd makes of the unit, as far as a gateway notices: its user, its folders and environment, and who hears that it is ready. */
import type { TestContext } from "node:test";
import { aDatagramSocket, type DatagramSocket } from "../../support/datagram-socket.ts";
import type { RunningProcess } from "../../support/process.ts";
import type { DebianFolder } from "./debian-folder.ts";

const UNIT = "/usr/lib/systemd/system/lwm2m-gateway.service";

export interface StartedService {
  readonly process: RunningProcess;
  readonly manager: DatagramSocket;
}

/** `systemctl start`: resolves when it said that it is ready. Undefined, the test being skipped, where nobody can listen for that. */
export async function startService(t: TestContext, debian: DebianFolder): Promise<StartedService | undefined> {
  // An abstract name is the same in every root.
  const manager = await aDatagramSocket(t, `@lwm2m-gateway-${process.pid}-${Date.now()}`);
  if (manager === undefined) return undefined;
  const unit = await debian.did("cat", UNIT);
  const user = settingOf(unit, "User");
  const state = `/var/lib/${settingOf(unit, "StateDirectory")}`;
  await debian.did("install", "-d", "-m", "700", "-o", user, "-g", user, state);
  await debian.did("test", "-e", settingOf(unit, "ConditionPathExists"));
  const env = { ...environmentOf(unit), STATE_DIRECTORY: state, NOTIFY_SOCKET: manager.path };
  const command = settingOf(unit, "ExecStart").split(" ");
  const process_ = debian.start(command, { user, env });
  const ended = process_.outcome.then(({ stdout, stderr }) =>
    Promise.reject(new Error(`it ended:\n${stdout}\n${stderr}`)),
  );
  await Promise.race([manager.got(/^READY=1$/m), ended]);
  return { process: process_, manager };
}

function settingOf(unit: string, key: string): string {
  const [, value] = new RegExp(`^${key}=(.*)$`, "m").exec(unit) ?? [];
  if (value === undefined) throw new Error(`the unit has no ${key}=:\n${unit}`);
  return value;
}

/** Environment=A=1 B=2 */
function environmentOf(unit: string): Readonly<Record<string, string>> {
  const lines = [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, settings = ""]) => settings.split(" "));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}
