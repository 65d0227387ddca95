/** Device IDs (/25/x/0) are one device's each: of two that would have the same, the later one is named after the gateway. */
import { formatPlace, type Place, type Problem } from "../errors.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";

export class OwnNames {
  private readonly names = new Map<string, Place>();

  /** `given`: what `device_id:` of any entry says. They come first: that two entries say the same is an error elsewhere. */
  constructor(given: Iterable<readonly [name: string, place: Place]>) {
    for (const [name, place] of given) if (!this.names.has(name)) this.names.set(name, place);
  }

  /** The plan, without the name that its identity gives it where another device has that; it is told. */
  claim(plan: DevicePlan, problems: Problem[]): DevicePlan {
    const { deviceId, ...others } = plan;
    if (deviceId === undefined) return plan;
    const first = this.names.get(deviceId);
    if (first === undefined) {
      this.names.set(deviceId, plan.place);
      return plan;
    }
    const message = `the identity of "${plan.id}" makes the Device ID ${deviceId}, which the device at ${formatPlace(first)} has: it is named after the gateway instead; \`device_id:\` gives it another name`;
    problems.push({ severity: "warning", code: "LG221", place: plan.place, message });
    return others;
  }
}
