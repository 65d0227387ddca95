/** Object 5 of a device behind a whole gateway, as its server has it. */
import type { TestContext } from "node:test";
import { servedImage } from "../support/served-image.ts";
import type { GatewayWorld } from "./gateway-world.ts";

export const IDLE = 0;
export const DOWNLOADED = 2;
export const UPDATING = 3;

/** Update Results. */
export const RESULT = { success: 1, noRoom: 2, damaged: 5, notForIt: 6, failed: 8 } as const;

/** What an update may say before it has ended: nothing yet, and that it waits. */
const NOT_OVER: readonly unknown[] = [undefined, 0, 11];

export class DeviceFirmware {
  private readonly world: GatewayWorld;
  private readonly object: string;

  /** `prefix`: of the device. */
  constructor(world: GatewayWorld, prefix: string) {
    this.world = world;
    this.object = `/${prefix}/5/0`;
  }

  /** The server writes where the image lies. */
  async fetch(t: TestContext, bytes: Uint8Array): Promise<void> {
    await this.world.write(`${this.object}/1`, await servedImage(t, bytes, "board.bin"));
  }

  /** The same, until it is the gateway's. */
  async fetched(t: TestContext, bytes: Uint8Array): Promise<void> {
    await this.fetch(t, bytes);
    await this.is(DOWNLOADED);
  }

  update(): Promise<void> {
    return this.world.execute(`${this.object}/2`);
  }

  /** Until State is this one. */
  is(state: number): Promise<void> {
    return this.world.reads(`${this.object}/3`, state);
  }

  /** What came of it: State and Update Result. */
  async ended(): Promise<{ readonly state: unknown; readonly result: unknown }> {
    for (;;) {
      const result = await this.world.read(`${this.object}/5`).catch(() => undefined);
      if (!NOT_OVER.includes(result)) return { state: await this.world.read(`${this.object}/3`), result };
      await this.world.pause();
    }
  }
}
