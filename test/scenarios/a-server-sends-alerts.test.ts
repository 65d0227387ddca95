/** TLS-DTLS Alert Code, /1/x/11 of Core 1.2. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE } from "../../src/clock.ts";
import { aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP } from "../support/climate-mapping.ts";
import { dtlsAddon, PSK } from "../support/dtls.ts";

const UNKNOWN_IDENTITY = 115;

test("without an alert there is no Alert Code; with the end of an association it is 0", async (t) => {
  if (dtlsAddon(t) === undefined) return;
  const { server, clock } = await aGateway(t, { ...CLIMATE_SETUP, scheme: "coaps" });
  assert.equal((await server.read("/1/0/11")).code, "4.04");
  assert.doesNotMatch((await server.discover("/1/0")).text, /<\/1\/0\/11>/);
  server.dtls.closeAll();
  await clock.advance(MINUTE);
  assert.equal((await server.read("/1/0/11")).text, "0");
  assert.equal((await server.write("/1/0/11", 1)).code, "4.05");
});

test("why a server refused can be read by it once it takes us, and a newer alert is told", async (t) => {
  if (dtlsAddon(t) === undefined) return;
  const { server, clock } = await aGateway(t, {
    ...CLIMATE_SETUP,
    scheme: "coaps",
    prepare: (world) => {
      CLIMATE_SETUP.prepare(world);
      world.server.dtls.settings = { ...PSK, pskIdentity: "somebody" };
    },
  });
  server.dtls.settings = PSK;
  await clock.advance(MINUTE);
  assert.deepEqual((await server.observe("/1/0/11")).values, { "/1/0/11": UNKNOWN_IDENTITY });
  server.dtls.closeAll();
  await clock.advance(MINUTE);
  assert.deepEqual(server.received("/1/0/11"), [0]);
});
