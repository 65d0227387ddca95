/** The clock, the servers, and what waits for them. */
import type { SeeingServerStatus } from "../../status.ts";
import { observes } from "../observers.ts";
import type { WhyFacts, WhyFinding, WhyStep } from "./why.ts";

export function clockSteps({ status: { clock } }: WhyFacts): readonly WhyStep[] {
  const looked = "the clock";
  if (clock.trusted) return [{ about: "clock", finding: "ok", looked, found: clock.reason }];
  const found = `nobody knows what time it is, so that values with times wait: ${clock.reason}`;
  return [{ about: "clock", finding: "doubt", looked, found, next: "timedatectl" }];
}

export function serverSteps(facts: WhyFacts): readonly WhyStep[] {
  const { servers } = facts.status;
  if (servers.length === 0) {
    const next = "add one under servers: in config.yaml";
    return [{ about: "server", finding: "fault", looked: "servers", found: "there is none", next }];
  }
  return servers.flatMap((server) => stepsOf(server, facts));
}

function stepsOf(server: SeeingServerStatus, facts: WhyFacts): readonly WhyStep[] {
  const registered = registrationStep(server, facts);
  return [registered, ...(registered.finding === "ok" ? deliverySteps(server, facts) : [])];
}

function registrationStep(server: SeeingServerStatus, { id }: WhyFacts): WhyStep {
  const { shortServerId, state, reason, shown, clients = [] } = server;
  const step = (finding: WhyFinding, found: string, next?: string): WhyStep =>
    told(shortServerId, finding, found, next);
  if (shown.unseen.includes(id)) {
    return step("doubt", `access.devices hides ${id} from it`, "docs/access.md");
  }
  if (state !== "registered" && state !== "updating") {
    return step("fault", `it is ${state}: ${reason}`, "lwm2m-gateway status");
  }
  const client = clients.find(({ device }) => device === id);
  if (client !== undefined && client.state !== "registered" && client.state !== "updating") {
    return step("fault", `${id} is ${client.state} there: ${client.reason}`, "lwm2m-gateway status --json");
  }
  return step("ok", `it is ${state}`);
}

/** Of a server that is there: whether it asks for the values, and whether they can go. */
function deliverySteps(server: SeeingServerStatus, facts: WhyFacts): readonly WhyStep[] {
  const { shortServerId, reports, budget, queueMode, reportEntries = [] } = server;
  const step = (finding: WhyFinding, found: string, next?: string): WhyStep =>
    told(shortServerId, finding, found, next);
  const seen = facts.values.filter(({ path }) => observes(server, path)).length;
  const unasked = reportEntries.some(({ values }) => values > 0);
  const none = unasked
    ? "it does not observe it; report: entries tell some values without"
    : "it does not observe it, so that nothing is sent";
  const next = `observe it at the server, or give the server report: in config.yaml`;
  return [
    seen > 0 ? step("ok", `it observes ${seen} of ${facts.values.length}`) : step("doubt", none, next),
    ...(reports.sendObstacle === undefined || seen > 0
      ? []
      : [step("doubt", `by Send nothing goes: ${reports.sendObstacle}`)]),
    ...(reports.stranded === 0
      ? []
      : [step("doubt", `${reports.stranded} reports cannot go now`, "lwm2m-gateway store stats")]),
    ...(budget === undefined || budget.holding.length === 0
      ? []
      : [step("doubt", `its budget of the month holds: ${budget.holding.join("; ")}`, "lwm2m-gateway status")]),
    ...(queueMode === undefined || queueMode.awakeUntil !== undefined
      ? []
      : [step("ok", "we sleep (queue mode): it hears of it with the next Update")]),
  ];
}

export function storeSteps({ status: { servers, store } }: WhyFacts): readonly WhyStep[] {
  const looked = "what waits for servers";
  if (store === undefined) {
    const next = "df -h; journalctl -u lwm2m-gateway -n 50";
    return [{ about: "store", finding: "unknown", looked, found: "the disk does not answer in time", next }];
  }
  const waiting = servers.reduce((sum, { reports }) => sum + reports.waiting, 0);
  const dropped = servers.reduce((sum, { reports }) => sum + count(reports.dropped), 0);
  const next = "lwm2m-gateway store stats";
  const lost: readonly WhyStep[] =
    dropped === 0 ? [] : [{ about: "store", finding: "doubt", looked, found: `${dropped} reports were dropped`, next }];
  const found = waiting === 0 ? "nothing waits" : waiting === 1 ? "1 report waits" : `${waiting} reports wait`;
  return [
    ...lost,
    { about: "store", finding: waiting === 0 ? "ok" : "doubt", looked, found, ...(waiting === 0 ? {} : { next }) },
  ];
}

function count(dropped: Readonly<Record<string, number>>): number {
  return Object.values(dropped).reduce((sum, each) => sum + each, 0);
}

function told(server: number, finding: WhyFinding, found: string, next?: string): WhyStep {
  return { about: "server", finding, looked: `server ${server}`, found, ...(next === undefined ? {} : { next }) };
}
