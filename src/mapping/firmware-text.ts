import { sizeText } from "../sizes.ts";
import type { FirmwarePlan } from "./firmware-plan.ts";

/** "by smp, on-update, version from /3/0/3, up to 480 KB": what a person wants to know of it. */
export function firmwareText({ via, stage, version, accept, lock }: FirmwarePlan): string {
  const from =
    version.kind === "point"
      ? `version from /${version.point}`
      : version.kind === "transfer"
        ? `version from ${via}`
        : "no version";
  const line = lock === "line" ? ["the link for itself"] : [];
  return [`by ${via}`, stage, from, `up to ${sizeText(accept.maxSize)}`, ...line].join(", ");
}
