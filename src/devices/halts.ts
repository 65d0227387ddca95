import type { Ask } from "../adapter.ts";
import type { Clock, Millis } from "../clock.ts";
import { DeviceError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Device } from "./device.ts";
import type { OpenLinks } from "./open-links.ts";
import { type LinkPause, PausedLinks } from "./paused-links.ts";

export interface HaltsSettings {
  readonly clock: Clock;
  readonly log: Logger;
  readonly links: OpenLinks;
  /** The running devices of a link. */
  on(link: string): readonly Device[];
  get(id: string): Device | undefined;
  /** The time of a pause is over. */
  onPauseOver(link: string): void;
  /** Nobody may ask on this link now; resolves when whoever uses it beside the devices has let it go. */
  onLinkPaused(link: string, reason: string): Promise<void>;
  onLinkResumed(link: string): void;
}

interface Hold {
  readonly device: string;
  readonly link: string;
  readonly reason: string;
  /** Nobody else on the link is asked either. */
  readonly line: boolean;
  /** Ends of what it is to the devices that run now. */
  readonly ends: Map<Device, () => void>;
}

/** Which devices stand still: those of links that people have paused, and those that are held, with what lasts beyond a reload. */
export class Halts {
  private readonly settings: HaltsSettings;
  private readonly pauses: PausedLinks;
  private readonly holds = new Set<Hold>();
  /** Links that nobody may open, each with why: something else has the port. */
  private readonly lent = new Map<string, string>();

  constructor(settings: HaltsSettings) {
    this.settings = settings;
    this.pauses = new PausedLinks(settings, (id) => settings.onPauseOver(id));
  }

  /** Resolves when others can have the port of the link. */
  async pause(id: string, span: Millis): Promise<LinkPause> {
    const pause = this.pauses.add(id, span);
    await this.stop(id);
    return pause;
  }

  /** Whether it was paused. */
  resume(id: string): boolean {
    if (!this.pauses.end(id)) return false;
    this.go(id);
    return true;
  }

  /** The same until `giveBack`, for a program that a job has run. Resolves when that can have the port. */
  async lend(id: string, reason: string): Promise<void> {
    this.lent.set(id, reason);
    await this.stop(id);
  }

  giveBack(id: string): void {
    if (this.lent.delete(id)) this.go(id);
  }

  pauseOf(id: string): LinkPause | undefined {
    return this.pauses.of(id);
  }

  /**
   * From now on nobody but the caller asks the device; `line`: nor anybody else on its link. Ends by what it returns, and with the
   * device.
   */
  hold(device: Device, reason: string, line: boolean): () => void {
    const { id, link } = device.plan;
    const hold: Hold = { device: id, link, reason, line, ends: new Map() };
    this.holds.add(hold);
    for (const each of this.settings.on(link)) this.halt(hold, each);
    if (line) void this.settings.onLinkPaused(link, reasonFor(hold, undefined));
    return () => this.end(hold);
  }

  /** Requests of tools are refused while the line is somebody's. */
  asking(link: string, ask: Ask): Ask {
    const reason = this.lineReason(link);
    return reason === undefined ? ask : () => Promise.reject(new DeviceError("unreachable", reason));
  }

  /** What a device that has just been made must wait for. */
  begin(device: Device): void {
    // Nothing is attached yet that it would have to wait for.
    void this.halted(device.plan.link, [device]);
    for (const hold of this.holds) if (hold.link === device.plan.link) this.halt(hold, device);
  }

  /** The others are gone: links, and devices that are held. Of the latter one that has another link is another one. */
  keep(links: ReadonlySet<string>, linkOf: (device: string) => string | undefined): void {
    this.pauses.keep(links);
    for (const link of this.lent.keys()) if (!links.has(link)) this.lent.delete(link);
    for (const hold of this.holds) if (linkOf(hold.device) !== hold.link) this.end(hold);
  }

  close(): void {
    this.pauses.close();
    this.holds.clear();
    this.lent.clear();
  }

  private async stop(id: string): Promise<void> {
    const { links, on, onLinkPaused } = this.settings;
    const reason = this.reasonOf(id) ?? "";
    links.forbid(id, reason);
    await Promise.all([this.halted(id, on(id)), onLinkPaused(id, reason)]);
    await links.close(id);
  }

  /** Unless there is another reason why not. */
  private go(id: string): void {
    const { links, on } = this.settings;
    const reason = this.reasonOf(id);
    if (reason !== undefined) {
      links.forbid(id, reason);
      void this.halted(id, on(id));
      return;
    }
    links.allow(id);
    for (const { standstill } of on(id)) standstill.resume();
    this.tellUsers(id);
  }

  /** These devices of the link stand still, where it does. Resolves when they are detached. Never rejects. */
  private async halted(link: string, devices: readonly Device[]): Promise<void> {
    const pause = this.pauses.of(link);
    const reason = this.reasonOf(link);
    const state = pause === undefined ? "held" : "paused";
    if (reason !== undefined) await Promise.all(devices.map(({ standstill }) => standstill.pause(reason, state)));
  }

  /** Why nobody may open it; undefined: they may. */
  private reasonOf(link: string): string | undefined {
    return this.pauses.of(link)?.reason ?? this.lent.get(link);
  }

  private halt(hold: Hold, device: Device): void {
    const own = device.plan.id === hold.device;
    if (own || hold.line) hold.ends.set(device, device.standstill.hold(reasonFor(hold, device)));
  }

  private end(hold: Hold): void {
    if (!this.holds.delete(hold)) return;
    // What it counts may begin anew: it was another program that counted.
    this.settings.get(hold.device)?.replaced();
    for (const [device, end] of hold.ends) if (this.settings.get(device.plan.id) === device) end();
    if (hold.line) this.tellUsers(hold.link);
  }

  private lineReason(link: string): string | undefined {
    const hold = [...this.holds].find((each) => each.line && each.link === link);
    return hold === undefined ? undefined : reasonFor(hold, undefined);
  }

  /** Those who use the link beside devices go on, unless there is another reason why not. */
  private tellUsers(link: string): void {
    const reason = this.reasonOf(link) ?? this.lineReason(link);
    if (reason === undefined) this.settings.onLinkResumed(link);
  }
}

function reasonFor({ device, link, reason }: Hold, asked: Device | undefined): string {
  return asked?.plan.id === device ? reason : `${reason} of ${device}, which has link ${link} for itself`;
}
