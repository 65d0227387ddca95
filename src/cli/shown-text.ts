import { described } from "../gateway/presences/hidden-log.ts";
import { table } from "../table.ts";
import { counted, firstOf } from "./counted.ts";
import { type Body, CALIFORNIUM_BODY, type Shown } from "./shown.ts";

/** A paragraph for each server: which devices it finds where, and whether it can take what it is told of them. */
export function shownLines(shown: readonly Shown[]): readonly string[] {
  if (shown.length === 0) return [];
  return ["What each server sees:", ...shown.flatMap(serverLines)];
}

function serverLines({ server, uri, layout, registrations, ...shown }: Shown): readonly string[] {
  const { unseen, hidden, bodies } = shown;
  return [
    `server ${server} (${uri}): layout ${layout}, ${counted(registrations, "registration")}`,
    `   ${devicesLine({ layout, ...shown })}`,
    ...(unseen.length === 0 ? [] : [`   hidden by access: ${listOf(unseen)}`]),
    ...(hidden.length === 0 ? [] : ["   not shown in this layout, but in gateway and clients:"]),
    ...hidden.map((object) => `      ${described(object)}`),
    ...table([HEADING, ...bodies.map(bodyRow)], "   "),
    ...bodies.filter(({ fits }) => !fits).map((body) => `   warning: ${warning(body, shown)}`),
  ];
}

function devicesLine({ devices, layout, instances }: Pick<Shown, "devices" | "layout" | "instances">): string {
  if (devices.length === 0) return "no devices";
  const places = devices.flatMap(({ prefix, endpoint }) => (prefix === undefined ? (endpoint ?? []) : `/${prefix}`));
  const number = counted(devices.length, "device");
  if (layout === "clients") {
    const others = devices.flatMap(({ id, endpoint }) => (endpoint === undefined ? [id] : []));
    const none = others.length === 0 ? "" : `; no clients: ${listOf(others)}`;
    return `${number}, clients of their own: ${listOf(places)}${none}`;
  }
  if (instances !== undefined) {
    const names = listOf(devices.map(({ id }) => id));
    return `${number} as ${counted(instances, "instance")} of the gateway's own objects: ${names}`;
  }
  return `${number}, each under its prefix: ${listOf(places)}`;
}

const HEADING = ["SENT AT ONCE", "BYTES", `DEVICES IN ${CALIFORNIUM_BODY} BYTES`];

function bodyRow({ name, bytes, room }: Body): string[] {
  return [TITLES[name], String(bytes), room === undefined ? "-" : `about ${room}`];
}

const TITLES: Readonly<Record<Body["name"], string>> = {
  register: "the list of objects, with Register",
  clientRegister: "the same of a device, the longest",
  gatewayObject: "object 25 as a whole, in TLV",
};

/** What Leshan does with its defaults. */
function warning({ name, bytes }: Body, { profileIds }: Pick<Shown, "profileIds">): string {
  const limit = `${bytes} bytes: a server on Californium, such as Leshan, takes ${CALIFORNIUM_BODY} unless it is told otherwise`;
  switch (name) {
    case "register":
    case "clientRegister":
      return profileIds.length === 0
        ? `${limit}, and refuses the Register by 4.13. Raise its limit, give it a profile_id, or show it fewer devices (access)`
        : `${limit}, and refuses the first Register, before it has taken the profile_id, by 4.13`;
    case "gatewayObject":
      return `${limit}, and can read object 25 by instances only`;
  }
}

function listOf(names: readonly string[]): string {
  return firstOf(names).join(", ");
}
