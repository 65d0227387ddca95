/** What /metrics says of a running gateway, read by the parser of Prometheus' own client for Python. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Metrics } from "../../src/admin/metrics/metrics.ts";
import { aConfig, aFolder, aServer, startCommand } from "../support/command.ts";
import { overSocket } from "../support/over-socket.ts";
import { tellPeer } from "../support/peer.ts";

const { XDG_CACHE_HOME = join(homedir(), ".cache") } = process.env;
const FOLDER = join(XDG_CACHE_HOME, "lwm2m-gateway", "prometheus");
const INSTALL = `python3 -m venv ${FOLDER} && ${FOLDER}/bin/pip install prometheus-client==0.22.1`;
const VERSION = "from importlib.metadata import version; print(version('prometheus-client'))";

/** Prints each family as `[name, type, help, number of samples, all names of samples]`. */
const READER = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families as families
found = [(f.name, f.type, f.documentation, len(f.samples), sorted({s.name for s in f.samples})) for f in families(sys.stdin.read())]
print(json.dumps(found))
`;

type Found = readonly [name: string, type: string, help: string, samples: number, names: readonly string[]];

/** A Python that has the parser; undefined, the test being skipped, where there is none. */
function findParser(t: TestContext): string | undefined {
  for (const python of [join(FOLDER, "bin", "python"), "python3"]) {
    if (python !== "python3" && !existsSync(python)) continue;
    const { status, stdout } = spawnSync(python, ["-c", VERSION], { encoding: "utf8" });
    if (status !== 0) continue;
    tellPeer(t, "prometheus_client", stdout.trim());
    return python;
  }
  tellPeer(t, "prometheus_client", "?");
  t.skip(`prometheus_client is not installed: ${INSTALL}`);
  return undefined;
}

test("the parser of Prometheus reads every metric of a running gateway, with its kind and help", async (t) => {
  const python = findParser(t);
  if (python === undefined) return;
  const { server } = await aServer(t);
  const devices = ['{ id: "röom\\\\1\\"", prefix: room, mapping: simulated-climate, link: trial }'];
  const folder = aFolder(t, { "config.yaml": aConfig({ server: server.port, devices }) });
  const gateway = startCommand(t, "run", "--config", join(folder, "config.yaml"));
  await Promise.all([gateway.printed(/"msg":"registered"/), gateway.printed(/"msg":"started"/)]);
  const socket = join(folder, "state/admin.sock");
  await overSocket(socket, "/metrics");
  const { body, type } = await overSocket(socket, "/metrics");
  assert.match(type, /^text\/plain; version=0\.0\.4/);
  const { status, stdout, stderr } = spawnSync(python, ["-c", READER], { input: body, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const found: readonly Found[] = JSON.parse(stdout);
  const read = new Map(found.map(([name, kind, help, samples]) => [name, { kind, help, samples }]));
  for (const name of Metrics.names) {
    // The parser tells a counter without its ending.
    const family = read.get(name.replace(/_total$/, ""));
    assert.ok(family !== undefined && family.help.length > 10, name);
    assert.equal(family.kind, name.endsWith("_total") ? "counter" : "gauge", name);
  }
  assert.equal(read.size, Metrics.names.length);
  for (const name of ["build_info", "device_up", "upstream_registered", "store_up"]) {
    assert.ok((read.get(`lwm2m_gateway_${name}`)?.samples ?? 0) > 0, name);
  }
});
