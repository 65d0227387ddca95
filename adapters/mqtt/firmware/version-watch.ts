/** Which version a device says that it runs. */
import { z } from "zod";
import { type Clock, DeviceError, type Millis } from "../../../src/adapter.ts";
import type { JsonPath } from "../json-path.ts";
import { valueAt } from "../json-path.ts";
import { filterSchema, pathSchema } from "../keys.ts";
import type { Message } from "../message.ts";
import { wordOf } from "../router.ts";
import { Inbox } from "./inbox.ts";
import { type Notice, noticeSchema } from "./notice.ts";

export interface VersionSpec {
  readonly topic: string;
  /** Absent: the whole payload. */
  readonly path?: JsonPath | undefined;
  /** What makes the device say it; absent: it says it by itself. */
  readonly ask?: Notice | undefined;
}

export const versionSchema: z.ZodType<VersionSpec> = z.strictObject({
  topic: filterSchema.describe("The topic, or filter, on which the device says its version"),
  path: pathSchema.optional().describe("JSON path of the version; absent: the whole payload"),
  ask: noticeSchema([]).optional().describe("What is published so that the device says it: { topic, send | json }"),
});

/** What the version is in a message; undefined: it does not say it. */
export function versionIn(message: Message, path: JsonPath | undefined): string | undefined {
  if (path === undefined) return message.text.trim() || undefined;
  return "fault" in message.json ? undefined : wordOf(valueAt(message.json.value, path))?.trim() || undefined;
}

/**
 * What was said last. After the image has got to the device only what comes then counts: what the broker keeps, and what was said
 * before, is of the version before.
 */
export class VersionWatch {
  /** What hears it, by the topic: between two transfers, too, since many a device says it once. */
  readonly topics = new Set<string>();
  private readonly inbox = new Inbox<string>();
  private said: string | undefined;
  private fresh = false;

  /** `isLive`: the device says it now, the broker has not kept it. */
  hear(version: string | undefined, isLive: boolean): void {
    if (version === undefined || (this.fresh && !isLive)) return;
    this.said = version;
    this.inbox.push(version);
  }

  /** The device has the image. Once: what it says afterwards stays. */
  forget(): void {
    if (this.fresh) return;
    this.said = undefined;
    this.fresh = true;
    this.inbox.clear();
  }

  /** An image is on its way, again. */
  begin(): void {
    this.fresh = false;
  }

  /** What is said, or was; undefined: nothing within that time. */
  async current(span: Millis, clock: Clock, signal: AbortSignal): Promise<string | undefined> {
    if (this.said === undefined) await this.inbox.next(span, clock, signal);
    return this.said;
  }

  /** What is said from now on, in answer to a question. Rejects with DeviceError `unreachable` where that is nothing. */
  async answered(span: Millis, clock: Clock, signal: AbortSignal): Promise<string> {
    const version = await this.inbox.next(span, clock, signal);
    if (version === undefined) throw new DeviceError("unreachable", "the device does not say which version it runs");
    return version;
  }

  /** Before a question. */
  listen(): void {
    this.inbox.clear();
  }
}
