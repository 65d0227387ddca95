/** Keys and certificates in every form in which files have them, made by openssl; so are the mistakes. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { hasTool } from "./foreign-tool.ts";

/** By name; those that hold private keys end in `.key`. */
export type CredentialFiles = Readonly<Record<string, Buffer>>;

const CURVE = ["-pkeyopt", "ec_paramgen_curve:P-256"];
const NEW = ["-newkey", "ec", ...CURVE, "-nodes"];

/** One command of openssl a line; the words in [] are arguments with spaces. */
function commands(): readonly (readonly string[])[] {
  const key = (name: string, ...options: readonly string[]) => ["genpkey", "-algorithm", ...options, "-out", name];
  const signed = (name: string, issuer: string, extensions: string, ...subject: readonly string[]) => [
    ["req", "-new", "-key", `${name}.key`, "-out", `${name}.csr`, "-subj", ...subject],
    // Leaves no serial number behind for the next to read: all are random.
    ["x509", "-req", "-in", `${name}.csr`, "-CA", `${issuer}.crt`, "-CAkey", `${issuer}.key`, "-days", "400"].concat([
      "-extfile",
      extensions,
      "-out",
      `${name}.crt`,
    ]),
  ];
  return [
    ...["gw", "inter", "server"].map((name) => key(`${name}.key`, "EC", ...CURVE)),
    key("rsa.key", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
    key("p521.key", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"),
    key("p384.key", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"),
    key("ed25519.key", "ED25519"),
    ["req", "-x509", ...NEW, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=Root", "-days", "4000"],
    ["req", "-x509", ...NEW, "-keyout", "other.key", "-out", "other.crt", "-subj", "/CN=Other", "-days", "4000"],
    ["req", "-x509", "-key", "rsa.key", "-out", "rsa-server.crt", "-subj", "/CN=rsa", "-days", "400"].concat([
      "-addext",
      "basicConstraints=critical,CA:FALSE",
    ]),
    ...signed("inter", "ca", "ca.ext", "/CN=Intermediate"),
    ...signed("gw", "inter", "end.ext", "/CN=gateway-1/O=Acme"),
    ...signed("server", "ca", "end.ext", "/CN=lwm2m.example"),
    ["pkey", "-in", "gw.key", "-outform", "DER", "-out", "gw.der.key"],
    ["ec", "-in", "gw.key", "-out", "gw.sec1.key"],
    ["ec", "-in", "gw.key", "-outform", "DER", "-out", "gw.sec1.der.key"],
    ["pkey", "-in", "gw.key", "-aes256", "-passout", "pass:pw", "-out", "gw.encrypted.key"],
    ["pkcs8", "-topk8", "-in", "gw.key", "-passout", "pass:pw", "-outform", "DER", "-out", "gw.encrypted.der.key"],
    ["ec", "-in", "gw.key", "-aes128", "-passout", "pass:pw", "-out", "gw.sec1.encrypted.key"],
    ["pkey", "-in", "gw.key", "-pubout", "-out", "gw.pub"],
    ["pkey", "-in", "server.key", "-pubout", "-out", "server.pub"],
    ["pkey", "-in", "server.key", "-pubout", "-outform", "DER", "-out", "server.pub.der"],
    ["x509", "-in", "gw.crt", "-outform", "DER", "-out", "gw.crt.der"],
    ["pkcs12", "-export", "-inkey", "gw.key", "-in", "gw.crt", "-passout", "pass:pw", "-out", "gw.p12"],
    ["crl2pkcs7", "-nocrl", "-certfile", "gw.crt", "-out", "gw.p7b"],
  ];
}

let made: CredentialFiles | undefined;

/** Made once in a process; undefined where there is no openssl, and the test is skipped. */
export function credentialFiles(t: TestContext): CredentialFiles | undefined {
  if (made !== undefined) return made;
  if (!hasTool(t, "openssl", "apt install openssl")) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "credentials-"));
  try {
    writeFileSync(join(folder, "ca.ext"), "basicConstraints=critical,CA:TRUE\n");
    writeFileSync(join(folder, "end.ext"), "basicConstraints=CA:FALSE\n");
    for (const command of commands()) execFileSync("openssl", command, { cwd: folder, stdio: "pipe" });
    const files = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
    const of = (name: string): Buffer => files[name] ?? Buffer.alloc(0);
    made = {
      ...files,
      "chain.crt": Buffer.concat([of("gw.crt"), of("inter.crt")]),
      "backwards.crt": Buffer.concat([of("inter.crt"), of("gw.crt")]),
      "astray.crt": Buffer.concat([of("gw.crt"), of("other.crt")]),
      "both.key": Buffer.concat([of("gw.crt"), of("gw.key")]),
      "params.key": Buffer.concat([Buffer.from(PARAMETERS), of("gw.sec1.key")]),
      "two.key": Buffer.concat([of("gw.key"), of("ca.key")]),
      "cut.key": of("gw.key").subarray(0, 100),
      "dirty.key": Buffer.from(of("gw.key").toString().replace("MI", "M*")),
    };
    return made;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `openssl ecparam -genkey` writes before a key: the name of P-256. */
const PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
