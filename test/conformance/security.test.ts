/** The cases of the OMA test specification for secured channels, 400 to 499, as far as they are over UDP. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { MINUTE } from "../../src/clock.ts";
import type { AGateway } from "../support/a-gateway.ts";
import { aClient, C3_ACCOUNT } from "../support/conformance-setup.ts";
import { dtlsAddon, makePki } from "../support/dtls.ts";

/** At a server whose certificate is of lwm2m.example. `sni`: /0/x/14. */
async function withCertificates(t: TestContext, sni: string): Promise<AGateway | undefined> {
  const pki = dtlsAddon(t) === undefined ? undefined : makePki(t);
  if (pki === undefined) return undefined;
  const x509 = "x509: { private_key: client.key, certificates: client.pem, server: ca.pem }";
  return aClient(t, {
    scheme: "coaps",
    servers: [`${C3_ACCOUNT}, ${x509}, dtls: { server_name: ${sni} }`],
    prepare: (world) => {
      // The certificates are of today, which the fake clock knows nothing of: without a known time nobody judges dates.
      world.clockSign = { type: "searching", by: "a time service" };
      world.writeFile("client.key", readFileSync(pki.client.keyFile, "utf8"), 0o600);
      world.writeFile("client.pem", readFileSync(pki.client.certificateFile, "utf8"));
      world.writeFile("ca.pem", readFileSync(pki.ca.certificateFile, "utf8"));
      world.server.dtls.settings = {
        suites: "ECDHE-ECDSA-AES128-CCM8",
        shortTags: true,
        privateKey: pki.server.privateKey,
        certificates: [pki.server.certificate],
        expectations: [{ usage: 2, matching: 0, data: pki.ca.certificate }],
      };
    },
  });
}

const secured = ({ gateway }: AGateway) => gateway.status().servers[0]?.security;

async function assertRegisteredAndReadable({ server }: AGateway): Promise<void> {
  const [register] = server.registrations.heard;
  assert.deepEqual(register?.query, ["ep=urn:dev:ops:32473-test", "lt=86400", "lwm2m=1.2", "b=U"]);
  assert.equal(server.registrations.location, "/rd/1");
  assert.equal((await server.read("/3/0")).code, "2.05");
  assert.equal((await server.read("/unit-1/3/0/0")).text, "Example");
}

test("LightweightM2M-1.1-int-401: with a pre-shared key it registers and is read over DTLS", async (t) => {
  if (dtlsAddon(t) === undefined) return;
  const world = await aClient(t, { scheme: "coaps" });
  await assertRegisteredAndReadable(world);
  assert.deepEqual([secured(world)?.mode, secured(world)?.suite], ["psk", "PSK_WITH_AES_128_CCM_8"]);
});

test("LightweightM2M-1.0-int-402: with certificates on both sides it registers and is read over DTLS", async (t) => {
  const world = await withCertificates(t, "lwm2m.example");
  if (world === undefined) return;
  await assertRegisteredAndReadable(world);
  assert.deepEqual([secured(world)?.mode, secured(world)?.suite], ["x509", "ECDHE_ECDSA_WITH_AES_128_CCM_8"]);
});

test("LightweightM2M-1.1-int-403: a server whose certificate has another name is told nothing, however often it is tried", async (t) => {
  const world = await withCertificates(t, "other.example");
  if (world === undefined) return;
  const { server, clock, lines } = world;
  await clock.advance(5 * MINUTE);
  assert.deepEqual([server.packets, server.registrations.heard, server.dtls.handshakes], [[], [], []]);
  assert.equal(secured(world), undefined);
  const told = lines.flatMap(({ fields: { state, reason } }) => (state === "retrying" ? [String(reason)] : []));
  assert.match(told[0] ?? "", /certificate.*other\.example/);
});
