/** A real gateway with two interfaces, in network namespaces of its own: what docs/operations.md says of routes is what is done here. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { packageRoot } from "../../src/locate.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { start } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";

const CONFIG = `gateway: { endpoint: urn:dev:ops:32473-two-ways, state: state }
servers:
  - { id: 101, uri: "coap://10.77.9.9", via: [eth0, wwan0], hold_down: 10s }
links: { trial: { type: simulated } }
devices:
  - { id: climate-1, mapping: simulated-climate, link: trial }
`;
/** What runs in it ends with it. */
const OWN_NETWORK = ["--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];

/** Whether this user may make networks of his own, as most systems let him, and many containers do not. */
function hasNetworks(t: TestContext): boolean {
  if (!hasTool(t, "unshare", "apt install util-linux") || !hasTool(t, "ip", "apt install iproute2")) return false;
  const tried = spawnSync("unshare", [
    ...OWN_NETWORK,
    "ip",
    "link",
    "add",
    "near",
    "type",
    "veth",
    "peer",
    "name",
    "far",
  ]);
  if (tried.status !== 0) t.skip(`no network namespaces here: ${String(tried.stderr).trim()}`);
  return tried.status === 0;
}

test("a cable is pulled: the server is reached by the other interface; put back, by the first again", {
  timeout: 120_000,
}, async (t) => {
  if (!hasNetworks(t)) return;
  const folder = temporaryDirectory(t);
  writeFileSync(join(folder, "config.yaml"), CONFIG);
  const script = join(import.meta.dirname, "two-networks.sh");
  const args = [...OWN_NETWORK, "bash", script, process.execPath, folder];
  const world = start(t, "unshare", args, { cwd: packageRoot, stdio: ["pipe", "pipe", "pipe"] });
  const tell = (command: string): unknown => world.child.stdin?.write(`${command}\n`);
  await world.printed(/"via":"eth0","address":"10\.77\.1\.2"[\s\S]*"msg":"registered"/);
  tell("there ip link set far1 down");
  await world.printed(/"via":"wwan0","address":"10\.77\.2\.2","reason":"eth0 is down"[\s\S]*"msg":"registered"/);
  tell("there ip link set far1 up");
  const [said] = await world.printed(
    /"reason":"eth0 is up for 10s, and the server answers there"[\s\S]*"msg":"registered"/,
  );
  assert.ok(said.length > 0);
});
