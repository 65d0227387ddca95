/** Where an instance of 10374 leads to: a link of the configuration, a link that is made for it, or nowhere. */
import { BlockList, isIP } from "node:net";
import type { AdapterModule, LinkEnd } from "../../adapter.ts";
import { type HostRule, MODBUS_PORT, parseHostRule, type RemoteModbusSettings } from "../../config/remote-modbus.ts";
import type { LinkPlan } from "../../devices/devices.ts";
import { sameLink } from "../../devices/same-plan.ts";
import { type Content, isEnabled, linkOf, numberAt, textAt } from "./content.ts";
import { CONNECTION, LAYER } from "./objects.ts";

export type Target =
  | { readonly type: "disabled" }
  /** `reason`: a sentence for the person behind the server. */
  | { readonly type: "refused"; readonly reason: string }
  | { readonly type: "link"; readonly plan: LinkPlan };

export interface Reach {
  readonly settings: RemoteModbusSettings;
  readonly adapter: AdapterModule;
  /** Of the configuration. */
  readonly links: ReadonlyMap<string, LinkPlan>;
}

/** Of all instances, by their numbers. Of two that want one port at different settings the first has it. */
export function targetsOf(connections: ReadonlyMap<number, Content>, reach: Reach): ReadonlyMap<number, Target> {
  const opened = new Map<string, { readonly plan: LinkPlan; readonly instance: number }>();
  const targets = new Map<number, Target>();
  for (const [instance, content] of connections) {
    const target = targetOf(content, reach);
    const first = target.type === "link" ? opened.get(target.plan.id) : undefined;
    if (target.type !== "link" || (first !== undefined && sameLink(first.plan, target.plan))) {
      targets.set(instance, target);
    } else if (first !== undefined) {
      const reason = `/${CONNECTION.id}/${first.instance} has that port open, at other settings`;
      targets.set(instance, { type: "refused", reason });
    } else {
      opened.set(target.plan.id, { plan: target.plan, instance });
      targets.set(instance, target);
    }
  }
  return targets;
}

/** Where the shared links of the configuration have serial ports, and what servers may open besides: 10374/x/7. */
export function availablePorts({ settings, links, adapter }: Reach): readonly string[] {
  const shared = settings.links.flatMap((id) => {
    const link = links.get(id);
    const end = link === undefined ? undefined : adapter.leadsTo?.(link.options);
    return end?.type === "port" ? [end.port] : [];
  });
  return [...new Set([...shared, ...settings.ports])].sort();
}

/** Where a link of the configuration leads to, as the object has it; what the object has no word for is left out. */
export function describedLink({ adapter, options }: LinkPlan): Content {
  const end = adapter.leadsTo?.(options);
  if (end === undefined) return new Map();
  if (end.type === "host") {
    const host = end.host.includes(":") ? `[${end.host}]` : end.host;
    return new Map<number, string | number>([
      [CONNECTION.address, end.port === MODBUS_PORT ? host : `${host}:${end.port}`],
      [CONNECTION.layer, LAYER.tcp],
    ]);
  }
  return new Map<number, string | number>([
    [CONNECTION.address, end.port],
    // RS-232 has the same bytes; nobody told which it is.
    [CONNECTION.layer, LAYER.rs485],
    [CONNECTION.baudrate, end.baudRate],
    [CONNECTION.stopBits, end.stopBits],
    [CONNECTION.parity, PARITIES.indexOf(end.parity)],
    [CONNECTION.flowControl, 0],
  ]);
}

function targetOf(content: Content, reach: Reach): Target {
  if (!isEnabled(content)) return { type: "disabled" };
  const link = linkOf(content);
  if (link !== undefined) {
    const plan = reach.links.get(link);
    return plan === undefined ? refused(`there is no link "${link}" any more`) : { type: "link", plan };
  }
  return numberAt(content, CONNECTION.layer) === LAYER.tcp ? hostTarget(content, reach) : portTarget(content, reach);
}

function hostTarget(content: Content, reach: Reach): Target {
  const address = textAt(content, CONNECTION.address);
  const rule = parseHostRule(address);
  if (rule === undefined || rule.bits !== undefined) {
    return refused(`"${address}" is no host: expected a name or an IP address, perhaps with :port`);
  }
  const { host, port } = rule;
  const own = sharedLink(reach, (end) => end.type === "host" && end.host.toLowerCase() === host && end.port === port);
  if (own !== undefined) return own;
  if (!reach.settings.hosts.some((allowed) => allows(allowed, rule))) {
    return refused(`remote_modbus of the gateway allows no ${host}:${port}`);
  }
  return made(reach, { id: `remote ${host}:${port}`, type: "modbus-tcp", options: { host, port } });
}

function portTarget(content: Content, reach: Reach): Target {
  const port = textAt(content, CONNECTION.address);
  const setting = serialSetting(content);
  if ("reason" in setting) return refused(setting.reason);
  const at = (end: LinkEnd): boolean => end.type === "port" && end.port === port;
  const own = sharedLink(reach, at);
  if (own?.type === "link") {
    const known = reach.adapter.leadsTo?.(own.plan.options);
    const same = known?.type === "port" && settingOf(known) === setting.text;
    if (same || known?.type !== "port") return own;
    return refused(`the port ${port} is that of the link "${own.plan.id}", at ${settingOf(known)}: expected the same`);
  }
  if (own !== undefined) return own;
  if (!reach.settings.ports.includes(port)) {
    const ports = availablePorts(reach);
    const those = ports.length === 0 ? "none" : ports.join(", ");
    return refused(`remote_modbus of the gateway allows no port "${port}"; available: ${those}`);
  }
  return made(reach, { id: `remote ${port}`, type: "modbus-rtu", options: { port, line: setting.text } });
}

/** The link of the configuration that leads there already: two talkers on one wire would disturb each other. */
function sharedLink({ links, adapter, settings }: Reach, leads: (end: LinkEnd) => boolean): Target | undefined {
  for (const plan of links.values()) {
    const end = plan.adapter === adapter ? adapter.leadsTo?.(plan.options) : undefined;
    if (end === undefined || !leads(end)) continue;
    if (settings.links.includes(plan.id)) return { type: "link", plan };
    return refused(`that is the link "${plan.id}" of the gateway, which remote_modbus does not share with servers`);
  }
  return undefined;
}

function made(
  { adapter }: Reach,
  { id, type, options }: { readonly id: string; readonly type: string; readonly options: object },
): Target {
  try {
    return { type: "link", plan: { id, adapter, options: adapter.linkTypes[type]?.parse(options) } };
  } catch (error) {
    const [first] = error instanceof Error && "issues" in error && Array.isArray(error.issues) ? error.issues : [];
    return refused(typeof first?.message === "string" ? first.message : `${id}: no such link is possible`);
  }
}

/** `9600-8N1`, or what is missing: all four are mandatory for RTU. */
function serialSetting(content: Content): { readonly text: string } | { readonly reason: string } {
  const baudRate = numberAt(content, CONNECTION.baudrate);
  const stopBits = numberAt(content, CONNECTION.stopBits);
  const parity = PARITIES[numberAt(content, CONNECTION.parity) ?? -1];
  const flowControl = numberAt(content, CONNECTION.flowControl);
  if (baudRate === undefined || stopBits === undefined || parity === undefined || flowControl === undefined) {
    return { reason: "a serial port needs Baudrate (3), Stop Bits (4), Parity (5) and Hardware Control Flow Mode (6)" };
  }
  if (flowControl !== 0) {
    return {
      reason:
        "this gateway does not switch RTS: expected Hardware Control Flow Mode 0, and an adapter that switches by itself",
    };
  }
  return { text: settingOf({ baudRate, dataBits: 8, parity, stopBits }) };
}

function settingOf({
  baudRate,
  dataBits,
  parity,
  stopBits,
}: Omit<LinkEnd & { readonly type: "port" }, "type" | "port">): string {
  return `${baudRate}-${dataBits}${parity.charAt(0).toUpperCase()}${stopBits}`;
}

/** By Parity, 10374/x/5. */
const PARITIES = ["none", "even", "odd"] as const;

/** A name is allowed by itself alone, wherever it leads to. */
export function allows(allowed: HostRule, { host, port }: HostRule): boolean {
  if (allowed.port !== port) return false;
  const [network, family] = [isIP(allowed.host), isIP(host)];
  if (network === 0 || family === 0) return allowed.host === host;
  const list = new BlockList();
  list.addSubnet(allowed.host, allowed.bits ?? (network === 4 ? 32 : 128), network === 4 ? "ipv4" : "ipv6");
  return list.check(host, family === 4 ? "ipv4" : "ipv6");
}

function refused(reason: string): Target {
  return { type: "refused", reason };
}
