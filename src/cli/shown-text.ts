/** What each server sees, in sentences: the paragraph of `check`, and the lines of `status`. */
import { formatDuration } from "../duration.ts";
import { described } from "../gateway/presences/hidden-log.ts";
import { type Body, CALIFORNIUM_BODY, type Shown } from "../gateway/shown/shown.ts";
import { table } from "../table.ts";
import { counted, firstOf } from "./counted.ts";

/** A paragraph for each server: which devices it finds where, what it may change, and whether it can take what it is told of them. */
export function shownLines(shown: readonly Shown[]): readonly string[] {
  if (shown.length === 0) return [];
  return ["What each server sees:", ...shown.flatMap(serverLines)];
}

/** The same in a few lines, of a server that is named above. `switched`: why layout `auto` is another than at first. */
export function shownNowLines(shown: Shown, switched?: string): readonly string[] {
  const { layout, shownAs, registrations, unseen, hidden, bodies } = shown;
  const why = switched === undefined ? "" : ` (${switched})`;
  const now = layout === shownAs ? "" : `, now ${shownAs}${why}`;
  return [
    `layout ${layout}${now}, ${counted(registrations, "registration")}: ${devicesLine(shown)}`,
    accessLine(shown),
    ...unseenLines(unseen),
    ...(hidden.length === 0 ? [] : [`not shown in this layout: ${firstOf(hidden.map(described)).join("; ")}`]),
    sizesLine(bodies),
    ...warningLines(shown),
  ];
}

function serverLines(shown: Shown): readonly string[] {
  const { server, uri, layout, shownAs, registrations, unseen, hidden, bodies } = shown;
  const first = layout === shownAs ? "" : `, at first ${shownAs}`;
  const lines = [
    devicesLine(shown),
    accessLine(shown),
    ...unseenLines(unseen),
    ...(hidden.length === 0 ? [] : ["not shown in this layout, but in gateway and clients:"]),
    ...hidden.map((object) => `   ${described(object)}`),
    ...table([HEADING, ...bodies.map(bodyRow)]),
    ...warningLines(shown),
  ];
  return [
    `server ${server} (${uri}): layout ${layout}${first}, ${counted(registrations, "registration")}`,
    ...lines.map((line) => `   ${line}`),
  ];
}

function devicesLine({ devices, shownAs, instances = 0 }: Shown): string {
  if (devices.length === 0) return "no devices";
  const number = counted(devices.length, "device");
  switch (shownAs) {
    case "gateway":
      return `${number}, each under its prefix: ${listOf(devices.flatMap(({ prefix = "" }) => `/${prefix}`))}`;
    case "instances":
      return `${number} as ${counted(instances, "instance")} of the gateway's own objects: ${listOf(devices.map(({ id }) => id))}`;
    case "clients": {
      const others = devices.flatMap(({ id, endpoint }) => (endpoint === undefined ? [id] : []));
      const none = others.length === 0 ? "" : `; no clients: ${listOf(others)}`;
      return `${number}, clients of their own: ${listOf(devices.flatMap(({ endpoint }) => endpoint ?? []))}${none}`;
    }
  }
}

/** Its own account is its own, whatever else it may. */
function accessLine({ access: { write, writable, limit } }: Shown): string {
  const often = limit === undefined ? "" : `, ${limit.writes} times in ${formatDuration(limit.per)} on each device`;
  switch (write) {
    case "all":
      return `may write and execute everything there${often}`;
    case "listed":
      return `may write and execute ${listOf(writable)}, and nothing else${often}`;
    case "none":
      return "may write and execute nothing";
  }
}

function unseenLines(unseen: Shown["unseen"]): readonly string[] {
  return unseen.length === 0 ? [] : [`hidden by access: ${listOf(unseen)}`];
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

function sizesLine(bodies: readonly Body[]): string {
  const sizes = bodies.map(({ name, bytes, room }) => {
    const devices = room === undefined ? "" : ` (room for about ${counted(room, "device")})`;
    return `${SHORT[name]} ${bytes}${devices}`;
  });
  return `of the ${CALIFORNIUM_BODY} bytes that Leshan takes: ${sizes.join(", ")}`;
}

const SHORT: Readonly<Record<Body["name"], string>> = {
  register: "Register",
  clientRegister: "Register of a device",
  gatewayObject: "/25",
};

function warningLines(shown: Shown): readonly string[] {
  return shown.bodies.filter(({ fits }) => !fits).map((body) => `warning: ${warning(body, shown)}`);
}

/** What Leshan does with its defaults. */
function warning({ name, bytes }: Body, { profileIds }: Shown): string {
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
