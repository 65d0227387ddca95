/** The devices run as the configuration says: one change after the other, and a stop after the last. */
import type { LoadedConfig } from "../config/types.ts";
import type { DevicesChange } from "../devices/devices.ts";
import type { LinkAdmin } from "./links/link-admin.ts";
import type { Parts } from "./parts.ts";

export interface ApplyingOptions {
  readonly parts: Parts;
  readonly links: () => LinkAdmin;
  /** As it is now. */
  readonly config: () => LoadedConfig;
}

export class Applying {
  private readonly options: ApplyingOptions;
  private turn: Promise<unknown> = Promise.resolve();
  private stopping = false;

  constructor(options: ApplyingOptions) {
    this.options = options;
  }

  /** Whether nothing is begun any more. */
  get stopped(): boolean {
    return this.stopping;
  }

  /** Resolves when what is under way has come to its end. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.turn;
  }

  /** When what was asked before is done; `late`: the answer where the gateway stops meanwhile. */
  inTurn<T>(work: () => Promise<T>, late: () => T): Promise<T> {
    const done = this.turn.then(() => (this.stopping ? late() : work()));
    this.turn = done.catch(() => {});
    return done;
  }

  /** A device that is wrong, or that gets no place, is off and named; the rest runs. */
  async apply(): Promise<DevicesChange> {
    const { parts, links, config } = this.options;
    parts.firmware.engine.follow(config().gateway.firmware.window);
    const placed = await parts.places.place(config());
    const others = await parts.adopt(placed, links().over(config().links));
    await parts.variants.adopt(placed);
    const change = await this.run();
    // A device runs on where other objects stand beside its own, but it has others now.
    if (others) parts.devicesChanged();
    return change;
  }

  /** The links are to be others. */
  again(): Promise<void> {
    return this.inTurn(
      async () => void (await this.apply()),
      () => {},
    );
  }

  /** Devices have said what they are: they get what their mapping has for that, as by a reload. */
  reconsider(): Promise<void> {
    const done = this.turn.then(async () => {
      if (!this.stopping) await this.run();
    });
    // What goes wrong with it is a bug, and must be seen.
    this.turn = done;
    return done;
  }

  private async run(): Promise<DevicesChange> {
    const { parts, links, config } = this.options;
    const { filled, devices, numbers, variants } = parts;
    const chosen = variants.chosen();
    await numbers.adopt(chosen);
    const change = await devices.apply(chosen, filled.links(links().over(config().links)), filled.used);
    parts.begin();
    return change;
  }
}
