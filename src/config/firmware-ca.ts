/** `gateway.firmware.ca`: whose certificates are believed where images are fetched over https. */
import { X509Certificate } from "node:crypto";
import { ConfigError, reasonOf } from "../errors.ts";
import { childOf, type YamlNode } from "../yaml/nodes.ts";
import type { Report } from "../yaml/read.ts";
import { readBytes } from "./files.ts";
import { pathOf, told } from "./server-keys.ts";

/** PEM. `gateway`: the map in which it stands. Undefined where there is none, or something is wrong, which was reported. */
export async function firmwareCaOf(gateway: YamlNode | undefined, report: Report): Promise<string | undefined> {
  const node = childOf(childOf(gateway, "firmware"), "ca");
  if (node?.kind !== "scalar" || node.text === "") return undefined;
  const read = async () => certificatesIn(await readBytes(pathOf(node.place, node.text)));
  return told(node.place, report, read, "ca: ");
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

function certificatesIn(bytes: Uint8Array): string {
  const found = Buffer.from(bytes).toString("latin1").match(CERTIFICATE) ?? [];
  try {
    for (const one of found) new X509Certificate(one);
  } catch (error) {
    throw wrong("one of its certificates cannot be read", error);
  }
  if (found.length === 0) throw wrong("expected certificates in PEM");
  return found.join("\n");
}

function wrong(message: string, cause?: unknown): ConfigError {
  return new ConfigError([{ severity: "error", code: "LG223", message }], { cause: reasonOf(cause) });
}
