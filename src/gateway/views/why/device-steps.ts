/** The files, the link and the device itself. */
import { type Millis, SECOND } from "../../../clock.ts";
import type { DeviceStatus } from "../../../devices/device-status.ts";
import type { LinkView } from "../../links/link-admin.ts";
import type { WhyFacts, WhyStep } from "./why.ts";

export function configurationSteps({ id, disabled, place, status }: WhyFacts): readonly WhyStep[] {
  const looked = `device ${id}`;
  if (disabled !== undefined) {
    return disabled.reasons.map((reason) => ({
      ...{ about: "configuration", finding: "fault", looked },
      found: `it is off: ${reason}`,
      next: "mend it, then: lwm2m-gateway check && lwm2m-gateway reload",
    }));
  }
  const at = place === undefined ? status.config : place;
  return [{ about: "configuration", finding: "ok", looked, found: `it is configured at ${at}` }];
}

export function linkSteps({ link }: WhyFacts): readonly WhyStep[] {
  if (link === undefined) return [];
  const byHand: readonly WhyStep[] =
    link.set === undefined
      ? []
      : [
          {
            ...{ about: "link", finding: "doubt", looked: `link ${link.id}` },
            found: `${Object.keys(link.set.options).join(", ")}: set by hand, and not what the file says`,
            next: `lwm2m-gateway link set ${link.id} --reset`,
          },
        ];
  return [standingOf(link), ...byHand];
}

function standingOf(link: LinkView): WhyStep {
  const looked = `link ${link.id}`;
  const { paused, trouble, lines = [] } = link;
  if (paused !== undefined) {
    const next = `lwm2m-gateway link resume ${link.id}`;
    return { about: "link", finding: "fault", looked, found: `somebody paused it: ${paused.reason}`, next };
  }
  const next = `lwm2m-gateway link show ${link.id}`;
  if (trouble !== undefined) {
    return { about: "link", finding: "fault", looked, found: `it cannot be opened: ${trouble}`, next };
  }
  const down = lines.find(({ open }) => !open);
  if (down !== undefined) {
    const found = down.trouble ?? `${down.name} is not open`;
    // The wire is there: what is wrong with it, if anything, is seen at the device.
    return { about: "link", finding: down.silent ? "doubt" : "fault", looked, found, next };
  }
  if (lines.length === 0) return { about: "link", finding: "ok", looked, found: "it is in use" };
  const found = lines.map(({ name, load }) => `${name} is open, ${load} % busy`).join("; ");
  return { about: "link", finding: "ok", looked, found };
}

export function deviceSteps({ id, status, link }: WhyFacts): readonly WhyStep[] {
  const device = status.devices.find((each) => each.id === id);
  if (device === undefined) return [];
  return [deviceStep(device, status.now, link)];
}

function deviceStep(device: DeviceStatus, now: number, link: LinkView | undefined): WhyStep {
  const looked = `device ${device.id}`;
  const { state, reason = "no reason is known", lastHeard, failed = 0 } = device;
  const heard = lastHeard === undefined ? "never heard" : `heard ${ago(now - lastHeard)}`;
  switch (state) {
    case "paused":
      return { about: "device", finding: "doubt", looked, found: `nobody asks it while its link is paused; ${heard}` };
    case "held":
      return { about: "device", finding: "doubt", looked, found: `it is held: ${reason}; ${heard}` };
    case "connecting":
      return {
        ...{ about: "device", finding: "doubt", looked },
        found: `it is looked for and has not answered yet${device.reason === undefined ? "" : `: ${reason}`}`,
        next: `lwm2m-gateway device ${device.id}`,
      };
    case "offline":
      return {
        about: "device",
        finding: "fault",
        looked,
        found: `it is offline: ${reason}; ${heard}`,
        next: nextOf(link),
      };
    case "online":
      return failed === 0
        ? { about: "device", finding: "ok", looked, found: `it is online, ${heard}` }
        : {
            about: "device",
            finding: "doubt",
            looked,
            found: `it is online, but fails now: ${reason}`,
            next: nextOf(link),
          };
  }
}

/** Who stands at the device has a look at the wire. */
function nextOf(link: LinkView | undefined): string {
  const tool = link === undefined ? undefined : TOOLS.find(([type]) => link.type.startsWith(type))?.[1];
  if (link === undefined || tool === undefined) return "lwm2m-gateway status";
  // It asks before it takes the wire from others; a device that is alone there has nothing to lose.
  const yes = tool === "scan modbus" && link.devices.length === 1 ? " --yes" : "";
  return `lwm2m-gateway ${tool} --link ${link.id}${yes}`;
}

/** By the beginning of the type of a link. */
const TOOLS: readonly (readonly [string, string])[] = [
  ["modbus", "scan modbus"],
  ["serial", "sniff serial"],
  ["mqtt", "scan mqtt"],
  ["ble", "scan ble"],
];

/** "12 s ago", "5 min ago", "3 h ago". */
export function ago(duration: Millis): string {
  const seconds = Math.max(0, Math.round(duration / SECOND));
  if (seconds < 120) return `${seconds} s ago`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`;
}
