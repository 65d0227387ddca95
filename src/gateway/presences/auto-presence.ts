/**
 * Layout `auto`: a server that nobody knows begins with layout `instances`. Its first request that names a device by its prefix proves
 * that it knows gateways: it is answered, and then the server is registered at anew with layout `gateway`. Once, and never back.
 */
import { MINUTE } from "../../clock.ts";
import { reasonOf } from "../../errors.ts";
import { type Path, prefixOf } from "../../lwm2m/path.ts";
import type { InstancesView } from "../../servers/layouts/instances-view.ts";
import type { SendOutcome, SendRequest } from "../../servers/send.ts";
import type { ServerStatus } from "../../servers/server-status.ts";
import type { Sight } from "../../servers/sight.ts";
import { gatewayView, type View } from "../../servers/view.ts";
import type { HiddenLog } from "./hidden-log.ts";
import { type Made, type MakingOptions, madeServer } from "./made-server.ts";
import type { Presence, PresenceListener } from "./presence.ts";
import { singlePresence } from "./single-presence.ts";

export interface AutoOptions extends Omit<MakingOptions, "view"> {
  readonly sight: Sight;
  readonly instances: InstancesView;
  readonly hidden: HiddenLog;
}

export class AutoPresence implements Presence {
  readonly shortServerId: number;
  private readonly options: AutoOptions;
  private made: Made;
  private current: Presence;
  /** What the server asked for that proved it. */
  private proof: string | undefined;
  private switching: Promise<void> = Promise.resolve();
  private stopped = false;
  private cancelRetry: () => void = () => {};

  constructor(options: AutoOptions) {
    this.options = options;
    this.shortServerId = options.settings.id;
    this.made = madeServer({ ...options, view: this.firstView() });
    this.current = singlePresence(this.made, () => options.hidden.tell());
  }

  start(): Promise<void> {
    return this.current.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelRetry();
    await this.switching;
    await this.current.stop();
  }

  get listener(): PresenceListener {
    return this.current.listener;
  }

  treesChanged(prefix?: string): void {
    this.current.treesChanged(prefix);
  }

  send(request: SendRequest): Promise<SendOutcome> {
    return this.current.send(request);
  }

  status(): ServerStatus {
    const status = this.current.status();
    if (this.proof === undefined) return status;
    return { ...status, layout: { shown: "gateway", switched: this.proof } };
  }

  get registered(): boolean {
    return this.current.registered;
  }

  private firstView(): View {
    const { instances, sight } = this.options;
    const requested: View["treeOf"] = (prefix) => {
      if (prefix === "") return instances.treeOf("");
      const tree = sight.of(prefix);
      if (tree !== undefined) this.prove(prefix);
      return tree;
    };
    return {
      ...{ treeOf: instances.treeOf, own: instances.own, paths: instances.paths, requested },
      ...{ alsoChanged: instances.alsoChanged, refresh: instances.refresh, status: instances.status },
      get root() {
        return instances.root;
      },
      latest: (path) => instances.latest(path),
    };
  }

  /** Reading /25 is no proof: some servers read all objects. */
  private prove(prefix: string): void {
    if (this.proof !== undefined) return;
    this.proof = `the server asked for what has the prefix ${prefix}`;
    this.made.server.afterAnswer(() => {
      this.switching = this.switchOver();
    });
  }

  private async switchOver(): Promise<void> {
    const { settings, sight, keeping, north, turn: _, ...making } = this.options;
    const log = north.log.child({ server: settings.id });
    log.info(
      { reason: this.proof },
      "layout gateway from now on, until the next start: `layout: gateway` makes it last",
    );
    const { attributes } = this.made;
    const { paths } = this.options.instances;
    await this.made.server.stop();
    keeping?.relay(undefined);
    const pathsOf = (path: Path): readonly Path[] => (prefixOf(path) === "" ? paths.ownWithin(path) : [path]);
    const view = gatewayView(sight);
    this.made = madeServer({ ...making, settings, north, keeping, view, after: { attributes, pathsOf } });
    this.current = singlePresence(this.made);
    await this.begin();
  }

  /** A socket may be refused now and be there later; nothing waits for it but this server. */
  private async begin(): Promise<void> {
    if (this.stopped) return;
    const { clock, log } = this.options.north;
    try {
      await this.current.start();
    } catch (error) {
      log.error(
        { code: "LG403", server: this.shortServerId, reason: reasonOf(error) },
        "no socket for this server: tried again in a minute",
      );
      this.cancelRetry = clock.at(clock.monotonic() + MINUTE, () => {
        this.switching = this.begin();
      });
    }
  }
}
