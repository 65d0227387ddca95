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

function sizeText(bytes: number): string {
  if (bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20} MB`;
  return bytes % 2 ** 10 === 0 ? `${bytes / 2 ** 10} KB` : `${bytes} bytes`;
}
