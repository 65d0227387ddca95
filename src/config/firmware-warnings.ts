/** What is doubtful of devices that can be updated: images that would not get to them as the gateway is configured. */

import { isExecOptions } from "../mapping/exec-way.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import { sizeText } from "../sizes.ts";
import { childOf } from "../yaml/nodes.ts";
import type { ReportContext } from "./report-warnings.ts";

type Reason = (firmware: NonNullable<DevicePlan["firmware"]>, context: ReportContext) => string | undefined;

export function warnOfFirmware(context: ReportContext): void {
  const { root, devices, report } = context;
  const gateway = childOf(root, "gateway") ?? root;
  const { place } = childOf(gateway, "firmware") ?? gateway;
  const found = new Map<string, string[]>();
  for (const { id, firmware } of devices) {
    if (firmware === undefined) continue;
    for (const reasonOf of REASONS) {
      const reason = reasonOf(firmware, context);
      if (reason !== undefined) found.set(reason, [...(found.get(reason) ?? []), id]);
    }
  }
  for (const [reason, ids] of found) {
    const few = `${ids.slice(0, MOST_NAMES).join(", ")}${ids.length > MOST_NAMES ? ", …" : ""}`;
    report({ severity: "warning", code: "LG336", place, message: `firmware: ${few}: ${reason}` });
  }
}

const MOST_NAMES = 5;

const REASONS: readonly Reason[] = [
  ({ via, fetched }, { gateway: { firmware } }) =>
    fetched === true && firmware.http === undefined
      ? `with via: ${via} images are fetched from the gateway: say where, gateway.firmware.http: { address: … }`
      : undefined,
  ({ transfer }, { gateway: { firmware } }) =>
    isExecOptions(transfer) && !firmware.exec.includes(transfer.command[0])
      ? `${transfer.command[0]} is not run unless gateway.firmware.exec lists it`
      : undefined,
  ({ accept }, { gateway: { firmware } }) =>
    accept.maxSize > firmware.maxSize
      ? `the mapping takes images of ${sizeText(accept.maxSize)}, but gateway.firmware.max_size is ${sizeText(firmware.maxSize)}`
      : undefined,
];
