/** What runs and lies in a simulated device: it outlives a restart of the gateway where it has a file. */
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { z } from "zod";
import type { UnixMillis } from "../../src/adapter.ts";

const memorySchema = z.object({
  /** That runs. */
  version: z.string(),
  /** Of the image that the slot is for, in hexadecimal. */
  image: z.string(),
  /** It starts with the slot at the next reset. */
  pending: z.boolean(),
  /** When it has started again. */
  back: z.number(),
});

export type Memory = z.output<typeof memorySchema>;

export class Flash {
  private readonly file: string | undefined;
  private memory: Memory;
  private slot: Uint8Array = new Uint8Array();

  /** `file`: where it lies while the gateway does not run; `version`: that a new device has. */
  constructor(version: string, file?: string) {
    this.file = file;
    this.memory = { version, image: "", pending: false, back: 0 };
    if (file !== undefined && existsSync(file))
      this.memory = memorySchema.parse(JSON.parse(readFileSync(file, "utf8")));
  }

  get now(): Memory {
    return this.memory;
  }

  /** Bytes in the slot. */
  get length(): number {
    if (this.file === undefined) return this.slot.length;
    return existsSync(this.slotFile) ? statSync(this.slotFile).size : 0;
  }

  set(change: Partial<Memory>): void {
    this.memory = { ...this.memory, ...change };
    if (this.file !== undefined) writeFileSync(this.file, JSON.stringify(this.memory));
  }

  /** What lies behind it is gone. */
  cut(length: number): void {
    if (this.file === undefined) this.slot = this.slot.slice(0, length);
    else if (length === 0) rmSync(this.slotFile, { force: true });
    else if (this.length > length) truncateSync(this.slotFile, length);
  }

  append(bytes: Uint8Array): void {
    if (this.file === undefined) this.slot = Buffer.concat([this.slot, bytes]);
    else appendFileSync(this.slotFile, bytes);
  }

  isAway(now: UnixMillis): boolean {
    return now < this.memory.back;
  }

  private get slotFile(): string {
    return `${this.file}.slot`;
  }
}
