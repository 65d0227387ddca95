import { table } from "../table.ts";
import { ROUND_TRIP, type ServerTraffic, type Way, type WayName } from "./traffic.ts";

/** A paragraph for each server, for the person who decides how it is to be told. */
export function trafficLines(traffic: readonly ServerTraffic[]): readonly string[] {
  if (traffic.length === 0) return [];
  return [
    "If every value changes at each poll, and a server is told of all of them (with all headers and acknowledgements; 30 days):",
    ...traffic.flatMap(serverLines),
  ];
}

function serverLines({ server, uri, values, nstart, carries, ways, best }: ServerTraffic): readonly string[] {
  const rows = ways.map(({ name, count, messages, bytes: { tlv, senmlCbor } }) => [
    titleOf(name, count),
    shortNumber(messages),
    tlv === undefined ? "-" : megabytesAMonth(tlv),
    megabytesAMonth(senmlCbor),
  ]);
  return [
    `server ${server} (${uri}): ${values} values`,
    ...table([HEADING, ...rows], "   "),
    ...ways.filter(({ name, fits }) => name === "resource" && !fits).map((way) => warning(way, carries ?? 0)),
    `   ${link(carries, nstart)}: ${verdict(ways, best)}`,
  ];
}

const HEADING = ["TOLD BY", "MESSAGES/S", "MB A MONTH: TLV", "SENML CBOR"];

function titleOf(name: WayName, count: number): string {
  switch (name) {
    case "resource":
      return `Observe, each resource (${count})`;
    case "instance":
      return `Observe, each object instance (${count})`;
    case "composite":
      return `Observe-Composite, each device (${count})`;
    case "send":
      return count === 1 ? "Send, packs of all devices (report:)" : `Send, packs of each device (${count})`;
    case "report":
      return `Send, the report: entries as they are (${count})`;
  }
}

function warning({ messages }: Way, carries: number): string {
  const [much, most] = [shortNumber(messages), shortNumber(carries)];
  return `   warning: observed one by one they are ${much} messages a second, of which the link carries ${most}: they would come late`;
}

function link(carries: number | undefined, nstart: number): string {
  if (carries === undefined) return "a stream carries as many messages as come";
  return `the link carries ${shortNumber(carries)} messages a second (nstart ${nstart}, round trip ${ROUND_TRIP} ms)`;
}

function verdict(ways: readonly Way[], best: WayName | undefined): string {
  const fitting = ways.filter(({ fits }) => fits).map(({ name }) => SHORT[name]);
  if (best === undefined) {
    const what = fitting.length === 0 ? "no way fits" : `of everything no way fits, ${fitting.join(", ")} do`;
    return `${what}; poll less often, have the server set pmin, raise nstart, or use coap+tcp`;
  }
  if (fitting.length === ways.length) return `every way fits; the fewest bytes with times has ${SHORT[best]}`;
  return `${fitting.join(", ")} ${fitting.length === 1 ? "fits" : "fit"}; the fewest bytes with times has ${SHORT[best]}`;
}

const SHORT: Readonly<Record<WayName, string>> = {
  resource: "each resource",
  instance: "each object instance",
  composite: "Observe-Composite",
  send: "Send",
  report: "the report: entries",
};

function megabytesAMonth(bytesPerSecond: number): string {
  return shortNumber(megabytes(bytesPerSecond));
}

/** The same for programs: megabytes of a million bytes, in 30 days. */
export function trafficReport(traffic: readonly ServerTraffic[]) {
  return traffic.map(({ ways, ...rest }) => ({
    ...rest,
    roundTrip: ROUND_TRIP,
    ways: ways.map(({ name, count, messages, bytes: { tlv, senmlCbor }, fits }) => ({
      ...{ name, count, messagesPerSecond: rounded(messages), fits },
      megabytesPerMonth: {
        ...(tlv === undefined ? {} : { tlv: rounded(megabytes(tlv)) }),
        senmlCbor: rounded(megabytes(senmlCbor)),
      },
    })),
  }));
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}

function megabytes(bytesPerSecond: number): number {
  return (bytesPerSecond * MONTH) / 1e6;
}

/** Three digits are more than is known. */
function shortNumber(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** 30 days, in seconds. */
const MONTH = 30 * 24 * 3600;
