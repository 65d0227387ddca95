/** The certificates and keys of a link: files, or their text. */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { DeviceError, reasonOf } from "../../../src/adapter.ts";
import type { Pem, TlsFiles } from "../options.ts";

/** Reads them. Rejects with DeviceError `unreachable`, which names the key of the link and its file. */
export async function secureContextOf(files: TlsFiles): Promise<SecureContext> {
  const options = await read(files);
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new DeviceError("unreachable", `certificate and key: ${reasonOf(error)}`, { cause: error });
  }
}

async function read({ ca, certificate, key }: TlsFiles): Promise<SecureContextOptions> {
  return {
    ...(ca.length === 0 ? {} : { ca: await Promise.all(ca.map((one) => certificateOf(one, "ca"))) }),
    ...(certificate === undefined ? {} : { cert: await certificateOf(certificate, "certificate") }),
    ...(key === undefined ? {} : { key: await textOf(key, "key") }),
  };
}

/** OpenSSL leaves out what is no certificate, and then trusts nobody: that must be told. */
async function certificateOf(given: Pem, what: string): Promise<string> {
  const text = await textOf(given, what);
  try {
    new X509Certificate(text);
    return text;
  } catch (error) {
    throw new DeviceError("unreachable", `${what}: ${shown(given)} holds no certificate in PEM`, { cause: error });
  }
}

async function textOf(given: Pem, what: string): Promise<string> {
  if (!given.startsWith("/")) return given;
  try {
    return await readFile(given, "utf8");
  } catch (error) {
    const message = `${what}: ${given} cannot be read: ${reasonOf(error)}`;
    throw new DeviceError("unreachable", message, { cause: error });
  }
}

/** The text of a key is nobody's to see. */
function shown(given: Pem): string {
  return given.startsWith("/") ? given : "the text";
}
