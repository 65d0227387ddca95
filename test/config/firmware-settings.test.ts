import assert from "node:assert/strict";
import { test } from "node:test";
import { loadFolder } from "./config-folder.ts";

const withFirmware = (firmware: string): Readonly<Record<string, string>> => ({
  "config.yaml": `gateway: { endpoint: gw, firmware: ${firmware} }
servers: [ { id: 1, uri: "coap://127.0.0.1" } ]
`,
});

test("the address from which devices fetch is one of this machine, not all of them", async (t) => {
  for (const address of ["0.0.0.0", "::", "0::0", "::ffff:0.0.0.0"]) {
    const { problems } = await loadFolder(t, withFirmware(`{ http: { address: "${address}" } }`));
    assert.match(problems.join("\n"), /address: expected one address of this machine/, address);
  }
  for (const address of ["192.168.10.1", "fd00::1", "::1"]) {
    const { config } = await loadFolder(t, withFirmware(`{ http: { address: "${address}" } }`));
    assert.deepEqual(config?.gateway.firmware.http, { address, port: 8070 });
  }
});

test("programs are allowed by their absolute paths alone", async (t) => {
  for (const path of ["flash", "./flash", "/usr/../bin/flash", "/usr/bin/", ""]) {
    const { problems } = await loadFolder(t, withFirmware(`{ exec: ["${path}"] }`));
    assert.match(problems.join("\n"), /exec.*expected the absolute path of a program/, path);
  }
  const { config } = await loadFolder(t, withFirmware("{}"));
  assert.deepEqual(config?.gateway.firmware.exec, []);
});
