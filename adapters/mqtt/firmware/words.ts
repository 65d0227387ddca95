/** What goes into the holes of what is published about an image. */
import type { TransferContext } from "../../../src/adapter.ts";
import type { Words } from "../template.ts";

/** `{url}` and the like. */
export const IMAGE_HOLES = ["size", "sha256", "version", "name", "job"] as const;

export function imageWords({ image, job, url }: TransferContext): Words {
  const { size, sha256, version = "", name = "" } = image;
  return {
    ...{ size, version, name, job },
    sha256: Buffer.from(sha256).toString("hex"),
    ...(url === undefined ? {} : { url }),
  };
}
