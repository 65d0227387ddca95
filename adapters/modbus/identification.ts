/** Who a device says it is. MODBUS Application Protocol V1.1b3 §6.21: read device identification. */
import { z } from "zod";
import { DeviceError } from "../../src/adapter.ts";
import { ModbusException } from "./errors.ts";
import { formatAddress, type IdentifyRequest } from "./pdu.ts";

/** Table of §6.21: the number is the place here. Objects 0 … 2 are basic, 3 … 6 regular; 0x80 … 0xFF are the vendor's own. */
const NAMES = ["vendor", "product", "revision", "url", "product_name", "model", "application"] as const;
const LAST_BASIC = 2;
const FIRST_EXTENDED = 0x80;
const LAST = 0xff;

const EXPECTED = `expected one of ${NAMES.join(", ")}, or the number of an object up to 0xFF`;

function notFound(found: unknown): string {
  return typeof found === "string" ? `${EXPECTED}, found "${found}"` : EXPECTED;
}

/** The name of an object, or its number. */
export const identSchema: z.ZodType<number> = z
  .union(
    [
      z.enum(NAMES).transform((name): number => NAMES.indexOf(name)),
      z.int().min(0).max(LAST),
      z
        .string()
        .regex(/^0x[0-9a-f]{1,2}$/i)
        .transform(Number),
    ],
    { error: ({ input }) => notFound(input) },
  )
  .describe("Object of the device's identification (FC 43/14), by name or number");

/** `vendor (0x0)` */
export function formatObject(object: number): string {
  const name = NAMES[object];
  return name === undefined ? formatAddress(object) : `${name} (${formatAddress(object)})`;
}

/** One answer: the objects in it, and with which the next request goes on. */
export interface IdentificationPart {
  /** Whether single objects can be asked for (bit 7 of the conformity level). */
  readonly individual: boolean;
  /** Absent: that was all. */
  readonly next?: number;
  readonly objects: ReadonlyMap<number, Uint8Array>;
}

/** `data`: what stands behind the interface type. Throws DeviceError `malformed`. */
export function parseIdentification(data: Uint8Array): IdentificationPart {
  const [, conformity, more, next, count] = data;
  if (conformity === undefined || more === undefined || next === undefined || count === undefined) throw broken();
  const objects = new Map<number, Uint8Array>();
  let at = 5;
  for (let i = 0; i < count; i++) {
    const [object, length] = data.subarray(at, at + 2);
    if (object === undefined || length === undefined || at + 2 + length > data.length) throw broken();
    objects.set(object, data.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  const individual = (conformity & 0x80) !== 0;
  return more === LAST ? { individual, next, objects } : { individual, objects };
}

function broken(): DeviceError {
  return new DeviceError("malformed", "the device identification ends before its last object");
}

export type Identify = (request: IdentifyRequest) => Promise<Uint8Array>;

export interface Identification {
  readonly objects: ReadonlyMap<number, Uint8Array>;
  /** Why some of what was wanted is missing. */
  readonly refusal?: DeviceError;
}

/**
 * The objects that are wanted, as far as the device has them, in as few requests as it allows: in a stream, over several
 * answers where more follows; what is missing then, one by one. Rejects where the device does not answer at all.
 */
export async function readIdentification(wanted: readonly number[], identify: Identify): Promise<Identification> {
  const reading = new IdentificationReading(new Set(wanted), identify);
  if (wanted.length === 1) await reading.singles();
  if (reading.missing().length > 0 && reading.mayGoOn) await reading.stream();
  if (wanted.length > 1 && reading.mayGoOn) await reading.singles();
  return reading.result();
}

class IdentificationReading {
  private readonly wanted: ReadonlySet<number>;
  private readonly identify: Identify;
  private readonly objects = new Map<number, Uint8Array>();
  private individual = true;
  private answered = false;
  private refusal: DeviceError | undefined;

  constructor(wanted: ReadonlySet<number>, identify: Identify) {
    this.wanted = wanted;
    this.identify = identify;
  }

  missing(): number[] {
    return [...this.wanted].filter((object) => !this.objects.has(object)).sort((a, b) => a - b);
  }

  /** A device that does not know the function knows none of its ways. */
  get mayGoOn(): boolean {
    return !(this.refusal instanceof ModbusException && this.refusal.code === 1);
  }

  async stream(): Promise<void> {
    const [first = 0] = this.missing();
    const access = accessTo(Math.max(...this.missing()));
    let next: number | undefined = first;
    while (next !== undefined && this.missing().length > 0) {
      const object: number = next;
      const part = await this.ask({ kind: "identify", access, object });
      // §6.21: the next one is greater. A device that goes back would go on for ever.
      next = part?.next !== undefined && part.next > object ? part.next : undefined;
    }
  }

  async singles(): Promise<void> {
    for (const object of this.missing()) {
      if (!this.individual || !this.mayGoOn) return;
      await this.ask({ kind: "identify", access: "individual", object });
    }
  }

  result(): Identification {
    return { objects: this.objects, ...(this.refusal === undefined ? {} : { refusal: this.refusal }) };
  }

  private async ask(request: IdentifyRequest): Promise<IdentificationPart | undefined> {
    try {
      const part = parseIdentification(await this.identify(request));
      this.answered = true;
      this.individual = part.individual;
      for (const [object, value] of part.objects) this.objects.set(object, value);
      return part;
    } catch (error) {
      if (!(error instanceof DeviceError) || (error.kind === "unreachable" && !this.answered)) throw error;
      if (error.kind !== "unreachable") this.answered = true;
      this.refusal = error;
      return undefined;
    }
  }
}

/** The smallest category that has this object. */
export function accessTo(object: number): IdentifyRequest["access"] {
  return object <= LAST_BASIC ? "basic" : object < FIRST_EXTENDED ? "regular" : "extended";
}

/** §6.21: ASCII; devices fill with zeros and spaces. */
export function textOf(value: Uint8Array): string {
  return new TextDecoder().decode(value).replace(/[\0\s]+$/, "");
}
