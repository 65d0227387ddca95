import type { FirmwareCondition } from "../errors.ts";
import { UPDATE_RESULT, type UpdateResult } from "../lwm2m/firmware/update-result.ts";
import type { JobFailure } from "./job-events.ts";

const USUAL: Readonly<Record<FirmwareCondition, UpdateResult>> = {
  "flash-full": UPDATE_RESULT.flashFull,
  "out-of-memory": UPDATE_RESULT.outOfMemory,
  "bad-image": UPDATE_RESULT.unsupportedPackage,
  crc: UPDATE_RESULT.integrity,
  busy: UPDATE_RESULT.deferred,
  failed: UPDATE_RESULT.failed,
};

/** Resource 5 for what the device says; undefined: it said nothing of the image, and may take it at another try. */
export function resultOf(
  { condition }: JobFailure,
  overridden: ReadonlyMap<FirmwareCondition, number>,
): UpdateResult | undefined {
  if (condition === undefined) return undefined;
  const wished = overridden.get(condition);
  return Object.values(UPDATE_RESULT).find((result) => result === wished) ?? USUAL[condition];
}
