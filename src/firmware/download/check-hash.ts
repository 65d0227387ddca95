/** Whether a file is what somebody said that it would be. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { sameBytes } from "../../coap/options.ts";
import { UPDATE_RESULT } from "../../lwm2m/firmware/update-result.ts";
import { DownloadError } from "../download.ts";

/** `wanted`: SHA-256; undefined: nobody said. Rejects with DownloadError. */
export async function checkHash(file: string, wanted: Uint8Array | undefined): Promise<void> {
  if (wanted === undefined) return;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  const found = hash.digest();
  if (sameBytes(found, wanted)) return;
  const [here, there] = [found, Buffer.from(wanted)].map((bytes) => bytes.toString("hex").slice(0, 16));
  throw new DownloadError(UPDATE_RESULT.integrity, `its SHA-256 is ${here}…, and ${there}… was told`);
}
