/** Layout `clients` at Leshan with raw public keys and with certificates: every device has a key pair of its own. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { dtlsAddon, type Holder, type LargerPki, makePki } from "../support/dtls.ts";
import { FEEDERS } from "./leshan/cabinet.ts";
import { dimmer, expect, newest } from "./leshan/expectations.ts";
import { findLeshan } from "./leshan/installation.ts";
import type { LeshanSecurity } from "./leshan/leshan-security.ts";
import type { LeshanServer } from "./leshan/leshan-server.ts";
import { Session } from "./leshan/session.ts";

const LIMIT = { timeout: 120_000 };
const IDS = ["feeder-1", "feeder-2", "meter-1", "room-1"];
const POWER = "/3305/0/5800";
const ENERGY = "/3305/0/5805";

interface Mode {
  /** The key of the configuration. */
  readonly key: "rpk" | "x509";
  /** What of it is in files that are called like that. */
  readonly own: (name: string) => string;
  /** What of it is the server's. */
  readonly server: string;
  readonly identity: (pki: LargerPki) => LeshanSecurity["identity"];
  readonly client: (endpoint: string, holder: Holder) => LeshanSecurity["clients"][number];
  /** Who has the files `wrong.*`: not who Leshan knows by the endpoint of room-1. */
  readonly wrong: (pki: LargerPki) => Holder;
}

const MODES: Readonly<Record<string, Mode>> = {
  "raw public keys": {
    key: "rpk",
    own: (name) => `private_key: "${name}.key"`,
    server: "server_public_key: server.der",
    identity: ({ server: { privateKey, publicKey } }) => ({ privateKey, publicKey }),
    client: (endpoint, { publicKey }) => ({ endpoint, publicKey }),
    wrong: ({ stranger }) => stranger,
  },
  certificates: {
    key: "x509",
    own: (name) => `private_key: "${name}.key", certificates: "${name}.pem"`,
    server: "server: ca.pem",
    identity: ({ server: { privateKey, certificate }, ca }) => ({
      ...{ privateKey, certificates: [certificate], trusted: [ca.certificate] },
    }),
    client: (endpoint) => ({ endpoint }),
    // Of the same CA, with another name.
    wrong: ({ client }) => client,
  },
};

for (const [name, mode] of Object.entries(MODES)) {
  test(
    `${name}: every device is known by its own, read, written and observed; one with another's is refused`,
    LIMIT,
    async (t) => {
      const session = await aSession(t, mode);
      if (session === undefined) return;
      const { leshan, gateway, cabinet, endpoint } = session;
      const device = (id: string): LeshanServer => leshan.of(`${endpoint}-${id}`);
      for (const id of IDS.slice(0, -1))
        await leshan.events.next(0, "REGISTRATION", (one) => one.endpoint === `${endpoint}-${id}`);
      // Leshan shakes hands with whoever proves to have a key, or a certificate of its CA; then it compares.
      await gateway.printed(/"device":"room-1","server":101,"state":"retrying","reason":"Register: 4\.03"/);
      assert.deepEqual(await leshan.clients(), [endpoint, ...IDS.slice(0, -1).map((id) => `${endpoint}-${id}`)]);

      const [first, second] = [device("feeder-1"), device("feeder-2")];
      assert.deepEqual(await first.values(ENERGY, "TLV"), { [ENERGY]: "2000.0" });
      assert.deepEqual(await second.values(ENERGY, "SENML_CBOR"), { [ENERGY]: "3000.0" });
      await expect(second.write("/3306/0/5851", dimmer(54), "TLV"), "CHANGED(204)");
      assert.equal(cabinet.feeders[1].dimmer, 54);
      await expect(second.observe(POWER, "SENML_CBOR"), "CONTENT(205)");
      const mark = leshan.events.mark;
      cabinet.feeders[1].setPower(1234);
      const told = await leshan.events.next(mark, "NOTIFICATION", (one) => newest(one)[POWER] === "1234.0");
      assert.equal(told.ep, `${endpoint}-feeder-2`);

      gateway.reload([...FEEDERS, ROOM]);
      await leshan.events.next(mark, "REGISTRATION", (one) => one.endpoint === `${endpoint}-room-1`);
      assert.equal(leshan.events.since(mark, "REGISTRATION").length, 1, "the others go on");
      await expect(device("room-1").read("/3303/0/5700", "TLV"), "CONTENT(205)");
      assert.equal((await gateway.stop()).code, 0);
      assert.deepEqual(await leshan.clients(), []);
    },
  );
}

const ROOM = "{ id: room-1, mapping: simulated-climate, link: trial }";

/** In which room-1 comes with what is not its own. */
async function aSession(t: TestContext, { key, own, server, ...mode }: Mode): Promise<Session | undefined> {
  const java = await findLeshan(t);
  const native = java === undefined ? undefined : dtlsAddon(t);
  if (java === undefined || native === undefined) return undefined;
  if (key === "rpk" && !native.rawPublicKeys) {
    t.skip(`${native.version} has no raw public keys`);
    return undefined;
  }
  const name = `keys-${key}`;
  const endpoint = `urn:dev:ops:32473-${name}`;
  const names = new Map([["gateway", endpoint], ...IDS.map((id) => [id, `${endpoint}-${id}`] as const)]);
  const pki = makePki(t, names);
  if (pki === undefined) return undefined;
  const clients = [...pki.others].map(([id, holder]) => mode.client(names.get(id) ?? "", holder));
  const identity = mode.identity(pki);
  return Session.open(t, java, name, {
    server: `lifetime: 60s, layout: clients, ${key}: { ${own("gateway")}, ${server} }, clients: { ${key}: { ${own("{id}")} } }`,
    devices: [...FEEDERS, ROOM.replace("}", `, ${key}: { ${own("wrong")} } }`)],
    security: { clients, ...(identity === undefined ? {} : { identity }) },
    files: {
      ...{ "server.der": pki.server.publicKey, "ca.pem": readFileSync(pki.ca.certificateFile) },
      ...Object.fromEntries([...pki.others, ["wrong", mode.wrong(pki)] as const].flatMap(filesOf)),
    },
  });
}

function filesOf([name, { keyFile, certificateFile }]: readonly [string, Holder]): readonly (readonly [
  string,
  Buffer,
])[] {
  return [
    [`${name}.key`, readFileSync(keyFile)],
    [`${name}.pem`, readFileSync(certificateFile)],
  ];
}
