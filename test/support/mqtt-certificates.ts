/** What a broker and its clients show each other over TLS, made by openssl. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { hasTool } from "./foreign-tool.ts";

/** By name: `ca.crt`; of that CA `broker.crt` for 127.0.0.1, `client.crt`; of another, `other.crt`, `stranger.crt`; the keys end in `.key`. */
export type MqttCertificates = Readonly<Record<string, Buffer>>;

const CURVE = ["-pkeyopt", "ec_paramgen_curve:P-256"];

let made: MqttCertificates | undefined;

/** Made once in a process; undefined where there is no openssl, and the test is skipped. */
export function mqttCertificates(t: TestContext): MqttCertificates | undefined {
  if (made !== undefined) return made;
  if (!hasTool(t, "openssl", "apt-get install -y openssl")) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "lwm2m-gateway-"));
  try {
    writeFileSync(join(folder, "broker.ext"), "basicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1\n");
    writeFileSync(join(folder, "client.ext"), "basicConstraints=CA:FALSE\n");
    const openssl = (args: readonly string[]): unknown => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
    for (const ca of ["ca", "other"]) openssl(selfSigned(ca));
    for (const name of ["broker", "client", "stranger"]) openssl(asked(name));
    openssl(signed("broker", "ca", "broker.ext"));
    openssl(signed("client", "ca", "client.ext"));
    openssl(signed("stranger", "other", "client.ext"));
    made = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
    return made;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function selfSigned(name: string): readonly string[] {
  const subject = ["-subj", `/CN=${name}`, "-days", "400"];
  return [
    "req",
    "-x509",
    "-newkey",
    "ec",
    ...CURVE,
    "-nodes",
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.crt`,
    ...subject,
  ];
}

function asked(name: string): readonly string[] {
  const files = ["-keyout", `${name}.key`, "-out", `${name}.csr`];
  return ["req", "-newkey", "ec", ...CURVE, "-nodes", ...files, "-subj", `/CN=${name}`];
}

function signed(name: string, issuer: string, extensions: string): readonly string[] {
  const by = ["-CA", `${issuer}.crt`, "-CAkey", `${issuer}.key`, "-days", "400", "-extfile", extensions];
  return ["x509", "-req", "-in", `${name}.csr`, ...by, "-out", `${name}.crt`];
}
