/** Two rooms that are clients of their own over DTLS, each with a key pair of its own: raw public keys, or certificates. */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import type { NativeSettings } from "../../src/dtls/native.ts";
import type { AGateway } from "./a-gateway.ts";
import { POINT } from "./climate-mapping.ts";
import { dtlsAddon, type Holder, type LargerPki, makePki } from "./dtls.ts";
import type { Opening } from "./dtls-end.ts";
import { ROOM_1, ROOM_2, rooms } from "./rooms.ts";
import type { ScriptedServer } from "./scripted-server.ts";

/** How both ends prove who they are. */
export interface PairMode {
  /** The key of the configuration. */
  readonly mode: "rpk" | "x509";
  /** What of it is of a device, or of the gateway, in files that are called like that. */
  readonly own: (name: string) => string;
  /** What of it is of the server. */
  readonly server: string;
  /** What of a client the server has let in. */
  readonly letIn: (server: ScriptedServer) => Uint8Array | undefined;
  /** What the server knows of it. */
  readonly known: (holder: Holder) => Uint8Array;
  /** The server's side of a handshake with whoever opens this. */
  readonly meets: (pki: LargerPki, opening: Opening | undefined) => NativeSettings;
}

const ECDSA = { suites: "ECDHE-ECDSA-AES128-CCM8", shortTags: true };

/** The server knows the public key of each client. */
export const RAW_PUBLIC_KEYS: PairMode = {
  mode: "rpk",
  own: (name) => `private_key: "${name}.key"`,
  server: "server_public_key: server.der",
  letIn: ({ dtls }) => (dtls.handshakes.length > 0 ? dtls.settings.expectations?.[0]?.data : undefined),
  known: ({ publicKey }) => publicKey,
  meets: ({ server, client, others }, opening) => {
    const known = [client, ...others.values()].map(({ publicKey }) => publicKey);
    const shown = opening?.security.credentials;
    const own = shown?.mode === "rpk" ? publicKeyOf(shown.privateKey) : client.publicKey;
    // Who is known is let in by that key alone, as the client that it stands for.
    const expected = known.filter((key) => Buffer.from(key).equals(own));
    return {
      ...{ ...ECDSA, privateKey: server.privateKey, rawPublicKeys: true },
      expectations: (expected.length > 0 ? expected : known).map((data) => ({
        ...{ usage: 3, matching: 0, keyOnly: true, data },
      })),
    };
  },
};

/** The server knows the CA of its clients. */
export const CERTIFICATES: PairMode = {
  mode: "x509",
  own: (name) => `private_key: "${name}.key", certificates: "${name}.pem"`,
  server: "server: ca.pem",
  letIn: ({ dtls }) => dtls.handshakes.at(-1)?.certificate,
  known: ({ certificate }) => certificate,
  meets: ({ server, ca }) => ({
    ...{ ...ECDSA, privateKey: server.privateKey, certificates: [server.certificate] },
    expectations: [{ usage: 2, matching: 0, data: ca.certificate }],
  }),
};

export interface RoomsOverDtls {
  readonly world: AGateway;
  readonly pki: LargerPki;
}

/** `files`: what stands under these names in place of the room's own key and certificate. Undefined where there is no addon, or no openssl. */
export async function roomsOverDtls(
  t: TestContext,
  { mode, own, server, meets }: PairMode,
  files: (pki: LargerPki) => Readonly<Record<string, Holder>> = () => ({}),
): Promise<RoomsOverDtls | undefined> {
  const native = dtlsAddon(t);
  if (native === undefined) return undefined;
  if (mode === "rpk" && !native.rawPublicKeys) {
    t.skip(`${native.version} has no raw public keys`);
    return undefined;
  }
  const endpoints = new Map([
    ["room-1", ROOM_1],
    ["room-2", ROOM_2],
  ]);
  const pki = makePki(t, endpoints);
  if (pki === undefined) return undefined;
  const keys = `${mode}: { ${own("gateway")}, ${server} }, clients: { ${mode}: { ${own("{id}")} } }`;
  const world = await rooms(t, {
    scheme: "coaps",
    servers: [`layout: clients, dtls: { server_name: lwm2m.example }, ${keys}`],
    prepare: (it) => {
      const { publicKey, certificateFile } = pki.server;
      it.writeFile("server.der", publicKey);
      it.writeFile("ca.pem", readFileSync(pki.ca.certificateFile));
      const holders = { gateway: pki.client, ...Object.fromEntries(pki.others), ...files(pki) };
      for (const [name, holder] of Object.entries(holders)) writeHolder(it, name, holder);
      // The dates of certificates are those of the machine that made them.
      it.clock.epoch = Date.parse(new X509Certificate(readFileSync(certificateFile)).validFrom) + MINUTE;
      for (const unit of [1, 2]) it.bus.unit(unit).set(POINT.temperature, 20 + unit);
      it.server.dtls.settings = meets(pki, undefined);
      it.endsOf(101).onOpen = (end, opening) => {
        end.dtls.settings = meets(pki, opening);
      };
    },
    run: 10 * SECOND,
  });
  return { world, pki };
}

/** A key, and the certificate to it, in the files that the configuration of a room names. */
export function writeHolder(world: AGateway, name: string, { keyFile, certificateFile }: Holder): void {
  world.writeFile(`${name}.key`, readFileSync(keyFile), 0o600);
  world.writeFile(`${name}.pem`, readFileSync(certificateFile));
}

function publicKeyOf(privateKey: Uint8Array): Buffer {
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: "der", type: "pkcs8" });
  return createPublicKey(key).export({ format: "der", type: "spki" });
}
