/** Versions of the gateway as a vendor makes them, of whatever files a test has for a program. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { signArtefact, writeArtefact } from "../../scripts/artefact/write.mjs";
import type { StateSchemas } from "../../src/firmware/self/manifest.ts";

export interface Vendor {
  readonly publicKey: KeyObject;
  readonly publicPem: string;
  readonly privatePem: string;
}

export function aVendor(): Vendor {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    publicKey,
    publicPem: String(publicKey.export({ format: "pem", type: "spki" })),
    privatePem: String(privateKey.export({ format: "pem", type: "pkcs8" })),
  };
}

export interface ArtefactParts {
  /** A folder of the test's own. */
  readonly folder: string;
  /** Absent: nobody signs it. */
  readonly vendor?: Vendor;
  readonly version?: string;
  readonly arch?: string;
  readonly state?: StateSchemas;
  /** What it holds, beside what every version has. */
  readonly files?: Readonly<Record<string, string>>;
}

export const KNOWN_STATE: StateSchemas = { gateway: 7, history: 4 };

/** The file. */
export async function anArtefact(parts: ArtefactParts): Promise<string> {
  const { folder, vendor, version = "9.0.0", arch = process.arch, state = KNOWN_STATE, files = {} } = parts;
  const home = join(folder, `home-${version}`);
  const all = { "package.json": JSON.stringify({ version }), "dist/src/main.js": "// a program\n", ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  const file = join(folder, `${version}.lgw`);
  await writeArtefact({ home, file, told: { version, arch, state }, quick: true });
  if (vendor !== undefined) signArtefact(file, vendor.privatePem);
  return file;
}
