/** How one server is reached, whatever registrations there are at it: by which interface, how many bytes that was, what still may go. */
import { type Clock, isUndated, MINUTE, type Millis, SECOND, type UnixMillis } from "../../clock.ts";
import { formatDuration } from "../../duration.ts";
import type { Logger } from "../../log.ts";
import {
  type Budget,
  type Restraint,
  restraintAfter,
  rulesAfter,
  sameRestraint,
  UNRESTRAINED,
} from "../../lwm2m/budget.ts";
import type { Transport, TransportCounters } from "../transport/transport.ts";
import type { LocalAddresses } from "./local-addresses.ts";
import type { SelectionOptions } from "./selection.ts";
import { endOfMonth, type LinkTraffic, projected, type Traffic } from "./traffic.ts";
import { type UplinkPort, type UplinkStatus, Uplinks } from "./uplinks.ts";

export interface OutletOptions {
  /** `via:` of the configuration; absent: as the machine's routes say. */
  readonly uplinks?: SelectionOptions;
  readonly budget?: Budget;
  readonly addresses: LocalAddresses;
  readonly traffic: Traffic;
  /** What `traffic` holds may be another now. */
  readonly onTraffic: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One registration that is made over it. */
export interface OutletUser {
  readonly open: (uplink: UplinkPort | undefined) => Transport;
  /** It is reached by another interface, or from another address, from now on; `reason` is for the log. */
  readonly onMoved: (reason: string) => void;
  /** `restraint` is another now. */
  readonly onRestraint: () => void;
}

/** As `status` shows it; plain data. */
export interface OutletStatus {
  /** Absent: no `via:`. */
  readonly uplink?: UplinkStatus;
  /** With the headers of IP, UDP, TCP and DTLS; those of TCP and its acknowledgements are estimated. */
  readonly traffic: readonly LinkTraffic[];
  readonly budget?: BudgetStatus;
}

export interface BudgetStatus {
  /** Bytes: of the month, spent, and by the end of the month if it goes on so. */
  readonly month: number;
  readonly used: number;
  readonly projected?: number;
  readonly via?: readonly string[];
  /** When it begins anew; absent: nobody knows what time it is. */
  readonly until?: UnixMillis;
  /** What holds now, as words; empty: nothing does. */
  readonly holding: readonly string[];
}

interface Member {
  readonly user: OutletUser;
  readonly transport: Transport;
  last: TransportCounters;
}

/** What is spent is seen after so long. */
const LOOK_EVERY: Millis = 10 * SECOND;
/** Where nothing depends on it. */
const COUNT_EVERY: Millis = MINUTE;

export class Outlet {
  private readonly options: OutletOptions;
  private readonly uplinks: Uplinks | undefined;
  private readonly members = new Set<Member>();
  private current: Restraint = UNRESTRAINED;
  private cancel: () => void = () => {};

  constructor(options: OutletOptions) {
    const { uplinks, addresses, clock, log } = options;
    this.options = options;
    // What has gone by one until now is counted there.
    const onLeave = (): void => this.count();
    this.uplinks = uplinks === undefined ? undefined : new Uplinks({ ...uplinks, addresses, clock, log, onLeave });
  }

  start(): void {
    this.uplinks?.start();
    this.look();
  }

  stop(): void {
    this.cancel();
    this.uplinks?.stop();
    this.count();
  }

  /** What holds for what the server is told. */
  get restraint(): Restraint {
    return this.current;
  }

  /** Its transport, until `leave`. */
  join(user: OutletUser): { readonly transport: Transport; readonly leave: () => void } {
    const { clock } = this.options;
    const port = this.uplinks?.join({
      received: () => member.transport.counters.received,
      onMoved: user.onMoved,
      probe: async (uplink) => transport.probe?.(uplink, clock),
    });
    const transport = user.open(port);
    const member: Member = { user, transport, last: { ...transport.counters } };
    this.members.add(member);
    return {
      transport,
      leave: () => {
        this.countOf(member);
        port?.leave();
        this.members.delete(member);
      },
    };
  }

  status(): OutletStatus {
    this.count();
    const { traffic, budget } = this.options;
    const uplink = this.uplinks?.status();
    return {
      ...(uplink === undefined ? {} : { uplink }),
      traffic: traffic.links(),
      ...(budget === undefined ? {} : { budget: this.budgetStatus(budget) }),
    };
  }

  private budgetStatus({ month, via, degrade }: Budget): BudgetStatus {
    const { traffic, clock } = this.options;
    const [now, used] = [clock.wall(), traffic.used(via)];
    const end = projected(used, traffic.since, now);
    return {
      month,
      used,
      ...(end === undefined ? {} : { projected: Math.round(end) }),
      ...(via === undefined ? {} : { via }),
      ...(isUndated(now) ? {} : { until: endOfMonth(now) }),
      holding: sameRestraint(this.current, UNRESTRAINED)
        ? []
        : sentencesOf(this.current, rulesAfter({ month, degrade }, used).at(-1)?.at),
    };
  }

  private look(): void {
    const { clock, budget } = this.options;
    this.count();
    this.judge();
    this.cancel = clock.at(clock.monotonic() + (budget === undefined ? COUNT_EVERY : LOOK_EVERY), () => this.look());
  }

  private count(): void {
    for (const member of this.members) this.countOf(member);
    // A month begins also where nothing goes.
    this.options.traffic.add("", { sent: 0, received: 0 }, this.options.clock.wall());
  }

  private countOf(member: Member): void {
    const { traffic, clock, onTraffic } = this.options;
    const { transport, last } = member;
    const { counters } = transport;
    if (counters.sent === last.sent && counters.received === last.received) return;
    const headers = headersOf(transport);
    const [sent, received] = [counters.sent - last.sent, counters.received - last.received];
    member.last = { ...counters };
    traffic.add(
      this.uplinks?.current?.name ?? "",
      {
        sent: counters.sentBytes - last.sentBytes + sent * headers.each + received * headers.acknowledged,
        received: counters.receivedBytes - last.receivedBytes + received * headers.each + sent * headers.acknowledged,
      },
      clock.wall(),
    );
    onTraffic();
  }

  private judge(): void {
    const { budget, traffic, log } = this.options;
    if (budget === undefined) return;
    const used = traffic.used(budget.via);
    const next = this.isLimited(budget) ? restraintAfter(budget, used) : UNRESTRAINED;
    if (sameRestraint(next, this.current)) return;
    this.current = next;
    const spent = { used, month: budget.month, percent: Math.floor((100 * used) / budget.month) };
    if (sameRestraint(next, UNRESTRAINED))
      log.info(spent, "the budget allows everything again: what waited is delivered");
    else
      log.warn(
        { code: "LG402", ...spent, holds: sentencesOf(next) },
        "the month's budget is spent so far that less goes to the server",
      );
    for (const { user } of [...this.members]) user.onRestraint();
  }

  /** Whether it counts for the interface by which the server is reached now. */
  private isLimited({ via }: Budget): boolean {
    const name = this.uplinks?.current?.name;
    return via === undefined || (name !== undefined && via.includes(name));
  }
}

/** What stands before each piece, and what the other side sends for it: RFC 791, RFC 8200, RFC 768; RFC 9293 with RFC 7323. */
function headersOf({ stream = false, localAddress = "" }: Transport): {
  readonly each: number;
  readonly acknowledged: number;
} {
  // Of TCP it has a port, too.
  const ip = localAddress.split(":").length > 2 ? 40 : 20;
  return stream ? { each: ip + 32, acknowledged: ip + 32 } : { each: ip + 8, acknowledged: 0 };
}

function sentencesOf({ pmin, holdsHistory, holdsReports }: Restraint, at?: number): readonly string[] {
  const from = at === undefined ? "" : `from ${Math.round(at * 100)}% on `;
  return [
    ...(pmin === 0 ? [] : [`${from}each value at most every ${formatDuration(pmin)}`]),
    ...(holdsReports
      ? [`${from}reports wait on the disk`]
      : holdsHistory
        ? [`${from}what waited stays on the disk`]
        : []),
  ];
}
