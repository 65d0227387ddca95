/** What a person does with the firmware of devices, and sees of it: the same object 5 that servers have. */
import { AdminRefusal } from "../../admin/errors.ts";
import type { Millis, UnixMillis } from "../../clock.ts";
import { Lwm2mError } from "../../errors.ts";
import type { FirmwareStatus } from "../../firmware/job.ts";
import type { UpdateObject } from "../../firmware/update-object.ts";
import { RESOURCE } from "../../firmware/update-values.ts";
import { UPDATE_STATE } from "../../lwm2m/firmware/update-result.ts";
import { makePath } from "../../lwm2m/path.ts";
import { nearestNames } from "../../near-miss.ts";

/** Everything that can be updated. */
export interface FirmwareSource {
  status(): readonly FirmwareStatus[];
  /** Object 5 of a prefix; "" is the gateway. */
  of(prefix: string): Pick<UpdateObject, "event" | "receive"> | undefined;
}

export interface FirmwareView {
  readonly now: UnixMillis;
  readonly firmware: readonly FirmwareStatus[];
}

export interface FirmwareAdminOptions {
  readonly source: FirmwareSource;
  readonly wall: () => UnixMillis;
  /** What servers cannot do; of a device by its id. Each resolves to false where there is nothing of the kind. */
  readonly jobs: {
    stop(device: string): Promise<boolean>;
    defer(device: string, by: Millis): Promise<boolean>;
  };
}

/** By what the gateway itself is called, unless a device is. */
export const OWN_NAME = "gateway";

export class FirmwareAdmin {
  private readonly options: FirmwareAdminOptions;

  constructor(options: FirmwareAdminOptions) {
    this.options = options;
  }

  list(): FirmwareView {
    return { now: this.options.wall(), firmware: this.options.source.status() };
  }

  /** Throws AdminRefusal where no image would get there. */
  of(id: string): FirmwareStatus {
    const all = this.options.source.status();
    const found =
      all.find(({ device }) => device === id) ?? all.find(({ device }) => device === undefined && id === OWN_NAME);
    if (found !== undefined) return found;
    const [near] = nearestNames(
      id,
      all.map(({ device = OWN_NAME }) => device),
      1,
    );
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    const message = `nothing here takes firmware by the name of "${id}"${hint}`;
    throw new AdminRefusal(message, { status: 404, code: "LG586", next: "lwm2m-gateway firmware list" });
  }

  /** Executes Update. Rejects with Lwm2mError where that cannot be now. */
  async update(id: string): Promise<FirmwareStatus> {
    await this.object(id).event({ type: "update" });
    return this.of(id);
  }

  /**
   * What is here, or on its way, goes; unlike a server a person may also give up an update that is under way, until the device is told to
   * run it. Rejects with Lwm2mError where that cannot be now.
   */
  async cancel(id: string): Promise<FirmwareStatus> {
    const { device, state } = this.of(id);
    const stopped = state === UPDATE_STATE.updating && device !== undefined && (await this.options.jobs.stop(device));
    if (!stopped) await this.object(id).event({ type: "cancel" });
    return this.of(id);
  }

  /** What waits begins no sooner than after so long. Rejects with AdminRefusal where nothing waits. */
  async defer(id: string, by: Millis): Promise<FirmwareStatus> {
    const { device } = this.of(id);
    if (device !== undefined && (await this.options.jobs.defer(device, by))) return this.of(id);
    throw new AdminRefusal(`no update of "${id}" waits to begin`, {
      status: 409,
      code: "LG588",
      next: `lwm2m-gateway firmware show ${id}`,
    });
  }

  /** An image from a person's hands. Rejects with Lwm2mError where it is not taken, and with what `bytes` throws. */
  async take(id: string, bytes: AsyncIterable<Uint8Array>, length?: number): Promise<FirmwareStatus> {
    const { prefix } = this.of(id);
    const path = makePath({ prefix, object: 5, instance: 0, resource: RESOURCE.package });
    const reception = this.object(id).receive(path, length);
    if (reception === undefined) throw new Error(`object 5 of "${id}" takes no Package`);
    try {
      // Which part is the last one is known once there is no other.
      let held: Uint8Array = new Uint8Array(0);
      for await (const part of bytes) {
        if (held.length > 0) await reception.take(held, false);
        held = part;
      }
      await reception.take(held, true);
    } catch (error) {
      if (!(error instanceof Lwm2mError)) reception.abandon();
      throw error;
    }
    return this.of(id);
  }

  private object(id: string): Pick<UpdateObject, "event" | "receive"> {
    const { prefix } = this.of(id);
    const object = this.options.source.of(prefix);
    if (object === undefined) throw new Error(`"${id}" has no object 5`);
    return object;
  }
}
