import type { PointId, Transfer, TransferContext } from "../adapter.ts";
import type { Value } from "../lwm2m/sample.ts";
import type { DeviceModel } from "./device-model.ts";
import type { DeviceSession } from "./device-session.ts";
import { isPolled } from "./polled-points.ts";
import type { Values } from "./values.ts";

/** What may be asked of a device by who holds it. Rejects with DeviceError, also where its link is away. */
export class HeldDevice {
  private readonly session: DeviceSession;
  private readonly model: DeviceModel;
  private readonly values: Values;

  constructor(session: DeviceSession, model: DeviceModel, values: Values) {
    this.session = session;
    this.model = model;
    this.values = values;
  }

  transfer(context: TransferContext): Promise<Transfer> {
    return this.session.transfer(context);
  }

  /** Steps of the adapter, parsed. */
  invoke(steps: readonly unknown[]): Promise<void> {
    return this.session.invoke(steps, "holder");
  }

  /**
   * Values as they are now, of what is computed too; a point that has no good one is left out. What the device tells by itself
   * is as it told it last. Who asks for nothing but that learns what it said, not whether it is there.
   */
  async read(points: readonly PointId[]): Promise<ReadonlyMap<PointId, Value>> {
    const wanted = this.model.leaves.flatMap(({ point }, at) =>
      point !== undefined && points.includes(point) ? [{ point, at }] : [],
    );
    const asked = new Set(wanted.flatMap(({ at }) => this.sourcesOf(at)));
    if (asked.size > 0) await this.session.read([...asked], "holder");
    return new Map(wanted.flatMap(({ point, at }) => this.goodValue(point, at)));
  }

  private goodValue(point: PointId, at: number): readonly (readonly [PointId, Value])[] {
    const sample = this.values.isBad(at) ? undefined : this.values.sample(at);
    return sample === undefined ? [] : [[point, sample.value]];
  }

  /** The points of the device that a value comes from, as far as they can be asked for. */
  private sourcesOf(at: number): readonly PointId[] {
    const inputs = this.model.computed.get(at);
    if (inputs !== undefined) return inputs.flatMap((input) => this.sourcesOf(input));
    const leaf = this.model.leaves[at];
    return leaf !== undefined && isPolled(leaf) ? [leaf.point] : [];
  }
}
