/** A certificate that signs itself, and its key, made by openssl. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface MadeCertificate {
  /** PEM, for the name and for 127.0.0.1. */
  readonly certificate: string;
  readonly privateKey: string;
}

export function aCertificate(name: string): MadeCertificate {
  const folder = mkdtempSync(join(tmpdir(), "lwm2m-gateway-"));
  try {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key"];
    const names = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name},IP:127.0.0.1`];
    const openssl = ["req", "-x509", ...key, "-out", "certificate", "-days", "400", ...names];
    execFileSync("openssl", openssl, { cwd: folder, stdio: "pipe" });
    const textOf = (file: string): string => readFileSync(join(folder, file), "utf8");
    return { certificate: textOf("certificate"), privateKey: textOf("key") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
