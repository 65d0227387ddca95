/** The unit, and the drop-in that is shipped beside it, as systemd reads them. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { locateData } from "../../src/locate.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import { run } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";

everyTestIsAgainst("systemd", debianVersion("systemd"));

const UNIT = "lwm2m-gateway.service";
const DROP_IN = "bluetooth-hci-user.conf";

/** Of 10; the last tenths are what the gateway is for: the network, serial ports, the admin socket. */
const MOST_EXPOSED = 2;

test("systemd finds the unit narrow", async (t) => {
  if (!hasTool(t, "systemd-analyze", "apt-get install -y systemd")) return;
  const file = join(temporaryDirectory(t), UNIT);
  cpSync(locateData(`systemd/${UNIT}`), file);
  const { stdout } = await run(t, "systemd-analyze", ["security", "--offline=yes", "--no-pager", file]);
  const [, exposed = "10"] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
  assert.ok(Number(exposed) <= MOST_EXPOSED, stdout);
});

test("systemd finds nothing to say about the helper, which is narrower still", async (t) => {
  if (!hasTool(t, "systemd-analyze", "apt-get install -y systemd")) return;
  const folder = temporaryDirectory(t);
  const [socket, service] = ["lwm2m-gateway-helper.socket", "lwm2m-gateway-helper@.service"];
  cpSync(locateData(`systemd/${socket}`), join(folder, socket));
  cpSync(locateData(`systemd/${service}`), join(folder, service));
  const instance = join(folder, service.replace("@", "@1"));
  cpSync(join(folder, service), instance);
  const verified = await run(t, "systemd-analyze", ["verify", "--man=no", join(folder, socket), instance]);
  assert.deepEqual([verified.code, verified.stdout, verified.stderr], [0, "", ""]);
  const { stdout } = await run(t, "systemd-analyze", ["security", "--offline=yes", "--no-pager", instance]);
  const [, exposed = "10"] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
  assert.ok(Number(exposed) <= 1, stdout);
});

for (const dropIns of [[], [DROP_IN]]) {
  test(`systemd finds nothing to say about the unit${dropIns.length > 0 ? ` with ${dropIns}` : ""}`, async (t) => {
    if (!hasTool(t, "systemd-analyze", "apt-get install -y systemd")) return;
    const folder = temporaryDirectory(t);
    cpSync(locateData(`systemd/${UNIT}`), join(folder, UNIT));
    mkdirSync(join(folder, `${UNIT}.d`));
    for (const name of dropIns) cpSync(locateData(`systemd/${name}`), join(folder, `${UNIT}.d`, name));
    const { code, stdout, stderr } = await run(t, "systemd-analyze", ["verify", "--man=no", join(folder, UNIT)]);
    // What it does not understand it leaves out, and ends with 0.
    assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  });
}
