import type { AdapterContext, Link } from "../adapter.ts";
import { DeviceError, reasonOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { LinkPlan } from "./devices.ts";
import { sameLink } from "./same-plan.ts";

interface OpenLink {
  readonly plan: LinkPlan;
  readonly link: Promise<Link>;
}

/** The links in use, each opened once, when the first of its devices asks. */
export class OpenLinks {
  private readonly context: AdapterContext;
  private plans: ReadonlyMap<string, LinkPlan> = new Map();
  private readonly links = new Map<string, OpenLink>();

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
    await Promise.all(closing.map(([id]) => this.close(id)));
  }

  /** Rejects with DeviceError; the next call tries again. */
  async open(id: string): Promise<Link> {
    const plan = this.plans.get(id);
    if (plan === undefined) throw new DeviceError("unreachable", `there is no link "${id}"`);
    const known = this.links.get(id);
    const opening = known ?? { plan, link: this.openNow(plan) };
    this.links.set(id, opening);
    try {
      return await opening.link;
    } catch (cause) {
      if (this.links.get(id) === opening) this.links.delete(id);
      throw cause instanceof DeviceError ? cause : this.failure(id, cause);
    }
  }

  async closeAll(): Promise<void> {
    await this.adopt(new Map(), new Set());
  }

  private async openNow({ id, adapter, options }: LinkPlan): Promise<Link> {
    const { clock, random } = this.context;
    return adapter.open(options, { clock, random, log: this.logOf(id) });
  }

  private async close(id: string): Promise<void> {
    const opening = this.links.get(id);
    this.links.delete(id);
    try {
      await (await opening?.link)?.close();
    } catch (error) {
      this.logOf(id).error({ err: error }, "the link could not be closed");
    }
  }

  private failure(id: string, cause: unknown): DeviceError {
    const reason = reasonOf(cause);
    return new DeviceError("unreachable", `link ${id} cannot be opened: ${reason}`, { cause });
  }

  private logOf(id: string): Logger {
    return this.context.log.child({ link: id });
  }
}
