import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseHostRule } from "../../src/config/remote-modbus.ts";
import { BASE, loadFolder } from "./config-folder.ts";

const withRemote = (keys: string, more = "") => ({
  "config.yaml": BASE.replace("endpoint: gw }", `endpoint: gw, remote_modbus: ${keys}${more} }`),
});

test("links, hosts and ports are named; writing is off where nothing says otherwise", async (t) => {
  const { config, problems } = await loadFolder(
    t,
    withRemote("{ hosts: [PLC.local, 10.0.4.0/24, 10.0.5.1:1502], ports: [/dev/ttyS9] }"),
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(config?.gateway.remoteModbus, {
    links: [],
    hosts: [
      { host: "plc.local", port: 502 },
      { host: "10.0.4.0", port: 502, bits: 24 },
      { host: "10.0.5.1", port: 1502 },
    ],
    ports: ["/dev/ttyS9"],
    write: false,
  });
});

test("what is not there, or names nothing, is told at its place", async (t) => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["{}", /names nothing that servers may reach: expected links, hosts or ports/],
    ["{ links: [nowhere] }", /config\.yaml:\d+:\d+: error: remote_modbus: there is no link "nowhere"/],
    ["{ hosts: [10.0.4.0/33] }", /"10\.0\.4\.0\/33" is no host: expected a host or an IP network/],
    ["{ hosts: [0.0.0.0/0:99999] }", /is no host/],
    ["{ ports: [ttyS9] }", /expected the path of a port/],
    ["{ port: [/dev/ttyS9] }", /unknown key "port".*ports/],
    ["{ hosts: [plc] }, stored_objects: [10374]", /object 10374 is that of remote_modbus/],
  ];
  for (const [keys, message] of wrong) {
    const { refused, problems } = await loadFolder(t, withRemote(keys));
    assert.equal(refused, true, keys);
    assert.match(problems.join("\n"), message);
  }
});

test("hosts are names, addresses and networks, each with a port or 502", () => {
  assert.deepEqual(parseHostRule("fd00::/8"), { host: "fd00::", bits: 8, port: 502 });
  assert.deepEqual(parseHostRule("[fd00::7]:1502"), { host: "fd00::7", port: 1502 });
  for (const wrong of ["", "10.0.4.1:0", "1.2.3", "0x7f000001", "plc/24", "a b", "plc:", "tcp://plc", "[plc]"]) {
    assert.equal(parseHostRule(wrong), undefined, wrong);
  }
  fc.assert(fc.property(fc.string(), (text) => parseHostRule(text) === undefined || text.trim() !== ""));
});
