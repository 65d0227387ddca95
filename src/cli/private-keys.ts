import { generateKeyPairSync } from "node:crypto";
import { readPrivateKey } from "../config/files.ts";
import { type PrivateKey, privateKeyIn } from "../dtls/key-files.ts";
import { ConfigError } from "../errors.ts";

/** One that nobody has yet, on P-256, which LwM2M has (RFC 7925 §4.4). */
export function newPrivateKey(): PrivateKey {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return privateKeyIn(privateKey.export({ format: "der", type: "pkcs8" }));
}

/** That of a file. Rejects with ConfigError, which names it. */
export async function privateKeyOf(file: string): Promise<PrivateKey> {
  const bytes = await readPrivateKey(file);
  try {
    return privateKeyIn(bytes);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = error.problems.map((problem) => ({ ...problem, message: `${file}: ${problem.message}` }));
    throw new ConfigError(problems, { cause: error });
  }
}
