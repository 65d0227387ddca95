import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { aConfig, aFolder, aServer, command, startCommand } from "../support/command.ts";

test("through a gateway that runs, its line carries what is probed, and is listened to, while its devices go on", async (t) => {
  const scale = startCommand(t, "sim", "mt-sics-scale", "--port", "0");
  const [, port = ""] = await scale.printed(/on 127\.0\.0\.1:(\d+)$/m);
  const { server } = await aServer(t);
  const folder = aFolder(t, {
    "config.yaml": aConfig({
      server: server.port,
      links: [`line: { type: serial-over-tcp, host: 127.0.0.1, port: ${port} }`],
      devices: ["{ id: scale-1, mapping: mt-sics-scale, link: line }"],
    }),
  });
  const gateway = startCommand(t, "run", "-c", join(folder, "config.yaml"));
  await gateway.printed(/"device":"scale-1".*"msg":"the device is online"/);
  const link = ["--link", "line", "-c", join(folder, "config.yaml")];
  const [probe, sniff, beside] = await Promise.all([
    command(t, "probe", "serial", ...link, "--mapping", "mt-sics-scale", "--request", "number", "--json"),
    command(t, "sniff", "serial", ...link, "--for", "500ms", "--send", "SI\\r\\n", "--json"),
    command(t, "sniff", "serial", ...link, "--find-line"),
  ]);
  assert.equal(probe.code, 0, probe.stdout + probe.stderr);
  const [read] = JSON.parse(probe.stdout).read;
  assert.deepEqual([read.fits[0].kind, read.fits[0].name], ["answer", "number"]);
  assert.equal(sniff.code, 0, sniff.stdout + sniff.stderr);
  const { carried, frames } = JSON.parse(sniff.stdout);
  const sent = carried.filter(({ way }: { way: string }) => way === "out").map(({ hex }: { hex: string }) => hex);
  assert.ok(sent.includes("53 49 0d 0a"), sniff.stdout);
  assert.equal(frames[0].frame, '{ end: "\\r\\n" }');
  assert.match(sniff.stderr, /the gateway's own requests \(>\) are to scale-1/);
  assert.equal(beside.code, 2);
  assert.match(beside.stderr, /--find-line opens a port by itself/);
  gateway.child.kill("SIGTERM");
  scale.child.kill("SIGTERM");
  await gateway.outcome;
});
