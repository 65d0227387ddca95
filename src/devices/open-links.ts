import type { AdapterContext, Ask, Link, LinkReport } from "../adapter.ts";
import { DeviceError, reasonOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { LinkPlan } from "./devices.ts";
import { sameLink } from "./same-plan.ts";

interface OpenLink {
  readonly plan: LinkPlan;
  readonly link: Promise<Link>;
  /** The same once it is open. */
  opened?: Link;
}

/** How an open link fares; plain data. */
export interface LinkStatus extends LinkReport {
  readonly id: string;
}

/** The links in use, each opened once, when the first of its devices asks. */
export class OpenLinks {
  private readonly context: AdapterContext;
  /** By adapter. */
  private readonly commons = new Map<string, Map<string, unknown>>();
  private plans: ReadonlyMap<string, LinkPlan> = new Map();
  private readonly links = new Map<string, OpenLink>();
  /** Those that nobody may open now, each with why. */
  private readonly paused = new Map<string, string>();
  /** Why the last attempt to open one failed. */
  private readonly troubles = new Map<string, string>();

  constructor(context: AdapterContext) {
    this.context = context;
  }

  /** Whether this link is another one in the new plans, or gone: its devices must be attached anew. */
  differs(id: string, plans: ReadonlyMap<string, LinkPlan>): boolean {
    const before = this.plans.get(id);
    const after = plans.get(id);
    return before === undefined || after === undefined ? before !== after : !sameLink(before, after);
  }

  /** Closes what is another link now, and what no device of the new plan uses. Their devices are closed already. */
  async adopt(plans: ReadonlyMap<string, LinkPlan>, used: ReadonlySet<string>): Promise<void> {
    const closing = [...this.links].filter(([id]) => !used.has(id) || this.differs(id, plans));
    this.plans = plans;
    for (const id of this.paused.keys()) if (!plans.has(id)) this.paused.delete(id);
    await Promise.all(closing.map(([id]) => this.close(id)));
  }

  /** Rejects with DeviceError; the next call tries again. */
  async open(id: string): Promise<Link> {
    const plan = this.plans.get(id);
    if (plan === undefined) throw new DeviceError("unreachable", `there is no link "${id}"`);
    const reason = this.paused.get(id);
    if (reason !== undefined) throw new DeviceError("unreachable", reason);
    const known = this.links.get(id);
    const opening: OpenLink = known ?? { plan, link: this.openNow(plan) };
    this.links.set(id, opening);
    try {
      opening.opened = await opening.link;
      this.troubles.delete(id);
      return opening.opened;
    } catch (cause) {
      if (this.links.get(id) === opening) this.links.delete(id);
      this.troubles.set(id, reasonOf(cause));
      throw cause instanceof DeviceError ? cause : this.failure(id, cause);
    }
  }

  /** From now on nobody may open it, for this reason. */
  forbid(id: string, reason: string): void {
    this.paused.set(id, reason);
  }

  /** Why it cannot be opened; undefined: it was, or nobody tried. */
  trouble(id: string): string | undefined {
    return this.troubles.get(id);
  }

  allow(id: string): void {
    this.paused.delete(id);
  }

  /** Resolves when others can have what it holds. Never rejects. */
  async close(id: string): Promise<void> {
    const opening = this.links.get(id);
    this.links.delete(id);
    this.troubles.delete(id);
    try {
      await (await opening?.link)?.close();
    } catch (error) {
      this.logOf(id).error({ code: "LG748", err: error }, "the link could not be closed");
    }
  }

  /** What takes requests of tools; undefined: it is not open, or takes none. */
  asking(id: string): Ask | undefined {
    return this.paused.has(id) ? undefined : this.links.get(id)?.opened?.ask;
  }

  /** Of the open links that know how they fare, in the order of their ids. */
  status(): readonly LinkStatus[] {
    const reports = [...this.links].flatMap(([id, { opened }]) => {
      const report = opened?.report?.();
      return report === undefined ? [] : [{ id, ...report }];
    });
    return reports.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async closeAll(): Promise<void> {
    await this.adopt(new Map(), new Set());
  }

  private async openNow({ id, adapter, options }: LinkPlan): Promise<Link> {
    const { clock, random } = this.context;
    const common = this.commons.get(adapter.name) ?? new Map<string, unknown>();
    this.commons.set(adapter.name, common);
    return adapter.open(options, { clock, random, log: this.logOf(id), linkId: id, common });
  }

  private failure(id: string, cause: unknown): DeviceError {
    const reason = reasonOf(cause);
    return new DeviceError("unreachable", `link ${id} cannot be opened: ${reason}`, { cause });
  }

  private logOf(id: string): Logger {
    return this.context.log.child({ link: id });
  }
}
