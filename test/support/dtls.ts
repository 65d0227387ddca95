/** Keys, certificates and associations for tests of DTLS. */
import { execFileSync } from "node:child_process";
import { createHash, createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { openEngine } from "../../src/dtls/connection-id/translation.ts";
import { loadDtls } from "../../src/dtls/load.ts";
import type { Engine, NativeDtls, NativeSettings, Step } from "../../src/dtls/native.ts";
import { hasTool } from "./foreign-tool.ts";
import type { Lifetime } from "./process.ts";

/** The addon. Where no compiler could make it, the test is skipped; in CI that is a failure. */
export function dtlsAddon(t: TestContext): NativeDtls | undefined {
  const loaded = loadDtls();
  if ("native" in loaded) return loaded.native;
  const { CI = "" } = process.env;
  if (CI !== "") throw new Error(loaded.missing);
  t.skip(loaded.missing);
  return undefined;
}

export const PSK: NativeSettings = {
  suites: "PSK-AES128-CCM8",
  shortTags: true,
  pskIdentity: "gateway-1",
  pskKey: Buffer.from("0123456789abcdef"),
};

/** One end of a conversation, and what it has said and heard so far. */
export class Speaker {
  readonly engine: Engine;
  readonly heard: string[] = [];
  outgoing: Uint8Array[] = [];
  last: Step | undefined;
  private readonly overhear: (datagram: Uint8Array) => void;

  /** `overhear`: each datagram that it sends, in its turn. */
  constructor(native: NativeDtls, settings: NativeSettings, overhear: (datagram: Uint8Array) => void = () => {}) {
    this.engine = openEngine(native, settings);
    this.overhear = overhear;
  }

  take(step: Step): void {
    this.last = step;
    this.outgoing.push(...step.datagrams);
    for (const datagram of step.datagrams) this.overhear(datagram);
    this.heard.push(...step.data.map((data) => Buffer.from(data).toString()));
  }

  say(text: string): void {
    this.take(this.engine.send(Buffer.from(text)));
  }
}

/** Carries datagrams between two, without loss, until both are silent. */
export function converse(a: Speaker, b: Speaker): void {
  while (a.outgoing.length + b.outgoing.length > 0) {
    for (const datagram of a.outgoing.splice(0)) b.take(b.engine.receive(datagram));
    for (const datagram of b.outgoing.splice(0)) a.take(a.engine.receive(datagram));
  }
}

/** A client and a server after a handshake, however that ended. */
export function handshake(native: NativeDtls, client: NativeSettings, server: NativeSettings): [Speaker, Speaker] {
  const speakers: [Speaker, Speaker] = [new Speaker(native, client), new Speaker(native, { ...server, server: true })];
  speakers[0].take(speakers[0].engine.start());
  converse(...speakers);
  return speakers;
}

/** A key pair with its certificate, in DER; and the files in PEM, for other programs. */
export interface Holder {
  readonly certificate: Uint8Array;
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface Pki {
  readonly ca: Holder;
  readonly server: Holder;
  readonly client: Holder;
  readonly stranger: Holder;
}

/** With further clients, by name. */
export interface LargerPki extends Pki {
  readonly others: ReadonlyMap<string, Holder>;
}

/**
 * A CA, a server "lwm2m.example" at 127.0.0.1 and a client of it for ten days, and one who belongs to nobody. `others`: the CN of
 * each further client, by its name.
 */
export function makePki(
  t: TestContext & Lifetime,
  others: ReadonlyMap<string, string> = new Map(),
): LargerPki | undefined {
  if (!hasTool(t, "openssl", "apt install openssl")) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "dtls-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const openssl = (...args: readonly string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  };
  const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const selfSigned = (name: string): void =>
    openssl("req", "-x509", ...KEY, "-keyout", `${name}.key`, "-out", `${name}.pem`, "-subj", `/CN=${name}`);
  const signed = (name: string, commonName = name): void => {
    openssl("req", ...KEY, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${commonName}`);
    writeFileSync(join(folder, "names"), "subjectAltName=DNS:lwm2m.example,IP:127.0.0.1");
    const issuer = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "10", "-extfile", "names"];
    openssl("x509", "-req", "-in", `${name}.csr`, ...issuer, "-out", `${name}.pem`);
  };
  for (const name of ["ca", "stranger"]) selfSigned(name);
  for (const name of ["server", "client"]) signed(name);
  for (const [name, commonName] of others) signed(name, commonName);
  const of = (name: string): Holder => holder(folder, name);
  return {
    ...{ ca: of("ca"), server: of("server"), client: of("client"), stranger: of("stranger") },
    others: new Map([...others.keys()].map((name) => [name, of(name)])),
  };
}

export function sha(bits: 256 | 384 | 512, data: Uint8Array): Uint8Array {
  return createHash(`sha${bits}`).update(data).digest();
}

function holder(folder: string, name: string): Holder {
  const [certificateFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const pem = readFileSync(keyFile);
  return {
    certificate: new X509Certificate(readFileSync(certificateFile)).raw,
    privateKey: createPrivateKey(pem).export({ format: "der", type: "pkcs8" }),
    publicKey: createPublicKey(pem).export({ format: "der", type: "spki" }),
    certificateFile,
    keyFile,
  };
}
