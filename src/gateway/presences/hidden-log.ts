/** Says what of the devices a server does not see because of its layout: at the start, and where it is something else by now. */
import type { Logger } from "../../log.ts";
import type { HiddenObject, HiddenReason } from "../../servers/layouts/folding.ts";

/** Where somebody must act it stands first. */
const WHY: Readonly<Record<HiddenReason, string>> = {
  number: "its numbers could not be written",
  definition: "other devices have another object of that number",
  gateway: "the gateway has it itself",
  stored: "servers make its instances",
  single: "one instance by its definition",
};
const MOST_NAMED = 12;

export class HiddenLog {
  private readonly log: Logger;
  private readonly hidden: () => readonly HiddenObject[];
  private told = "";

  constructor(log: Logger, hidden: () => readonly HiddenObject[]) {
    this.log = log;
    this.hidden = hidden;
  }

  tell(): void {
    const objects = this.hidden().map(described);
    const text = objects.join();
    if (text === this.told) return;
    this.told = text;
    if (objects.length === 0) return;
    const rest = objects.length > MOST_NAMED ? [`${objects.length - MOST_NAMED} more`] : [];
    this.log.info(
      { layout: "instances", objects: [...objects.slice(0, MOST_NAMED), ...rest] },
      "objects of devices that this layout cannot show: layouts gateway and clients can",
    );
  }
}

/** "/3 Device: one instance by its definition (2 devices)" */
export function described({ object, name, reason, devices }: HiddenObject): string {
  return `/${object} ${name}: ${WHY[reason]} (${devices.length === 1 ? devices[0] : `${devices.length} devices`})`;
}
