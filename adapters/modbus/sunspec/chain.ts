/** The models of a device: "SunS", then ID, length and content of each. SunSpec Device Information Model Specification V1.1 §6.2. */
import { DeviceError } from "../../../src/adapter.ts";
import type { ReadSpan } from "../block-reader.ts";
import { ADDRESSES, type Span } from "../pdu.ts";

/** A model as a device has it. */
export interface Model {
  readonly id: number;
  /** Of the register with its ID. */
  readonly address: number;
  /** Registers behind the ID and the length. */
  readonly length: number;
}

export interface Chain {
  /** Where "SunS" stands. */
  readonly base: number;
  readonly models: readonly Model[];
  /** Why it ends without an end; absent: it ends as it should. */
  readonly cut?: string;
}

/** §6.2.1: 40000, 50000 or 0. The others are what devices do that count from 1, or that mean the register 40000 of a list. */
export const BASES: readonly number[] = [40_000, 0, 50_000, 39_999, 40_001, 49_999, 50_001, 1];
export const HEADER = 2;
const MARK = "53756e53";
const END = 0xffff;
/** No device has so many; what seems to is no chain. */
const MOST_MODELS = 200;

/** Where "SunS" stands; what silence taught is kept from one search to the next. */
export class BaseSearch {
  private readonly bases: readonly number[];
  private next = 0;

  constructor(bases: readonly number[]) {
    this.bases = bases;
  }

  /**
   * Undefined: nowhere. Some devices say nothing where they have no register, so silence at one place does not prove that nobody is
   * there. But a device that is away must not cost its line a timeout for each of them: rejects with DeviceError at the first silence,
   * and the next search begins at the place behind it.
   */
  async find(readSpan: ReadSpan): Promise<number | undefined> {
    let answered = false;
    let garbled: DeviceError | undefined;
    for (const index of this.order()) {
      const base = this.bases[index] ?? 0;
      try {
        const mark = await readSpan({ table: "holding", address: base, count: HEADER });
        answered = true;
        if (Buffer.from(mark).toString("hex") !== MARK) continue;
        this.next = index;
        return base;
      } catch (error) {
        if (!(error instanceof DeviceError)) throw error;
        if (error.kind === "unreachable" && !answered) {
          this.next = (index + 1) % this.bases.length;
          throw error;
        }
        if (error.kind === "rejected") answered = true;
        if (error.kind === "malformed") garbled = error;
      }
    }
    if (!answered && garbled !== undefined) throw garbled;
    return undefined;
  }

  get places(): string {
    return this.bases.join(", ");
  }

  private order(): readonly number[] {
    return this.bases.map((_, i) => (this.next + i) % this.bases.length);
  }
}

/** Follows it to its end, whatever it says: each step goes on to a higher address. Rejects with DeviceError where the device falls silent. */
export async function walkChain(base: number, readSpan: ReadSpan): Promise<Chain> {
  const models: Model[] = [];
  let address = base + HEADER;
  while (models.length < MOST_MODELS) {
    const header = await headerAt(address, readSpan);
    if (typeof header === "string") return { base, models, cut: header };
    const [id, length] = header;
    if (id === END) return { base, models };
    if (id === 0) return { base, models, cut: `at ${address} stands 0, which is no model` };
    if (address + HEADER + length > ADDRESSES) {
      return {
        base,
        models,
        cut: `model ${id} at ${address} says that it has ${length} registers, which are not there`,
      };
    }
    models.push({ id, address, length });
    address += HEADER + length;
  }
  return { base, models, cut: `there is no end behind ${MOST_MODELS} models` };
}

/** Whether the head that was read is that of the model. */
export function isHeaderOf({ id, length }: Pick<Model, "id" | "length">, bytes: Uint8Array): boolean {
  const [first, second] = wordsOf(bytes);
  return first === id && second === length;
}

async function headerAt(address: number, readSpan: ReadSpan): Promise<readonly [number, number] | string> {
  if (address + HEADER > ADDRESSES) return `it reaches the last register, ${ADDRESSES - 1}`;
  const span: Span = { table: "holding", address, count: HEADER };
  try {
    return wordsOf(await readSpan(span));
  } catch (error) {
    if (!(error instanceof DeviceError) || error.kind === "unreachable") throw error;
    return (await endsAt(span, readSpan)) ? [END, 0] : `${address}: ${error.message}`;
  }
}

/** Some devices have the ID of the end and no length behind it. */
async function endsAt(span: Span, readSpan: ReadSpan): Promise<boolean> {
  try {
    return wordsOf(await readSpan({ ...span, count: 1 }))[0] === END;
  } catch (error) {
    if (!(error instanceof DeviceError) || error.kind === "unreachable") throw error;
    return false;
  }
}

function wordsOf(bytes: Uint8Array): readonly [number, number] {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return [(a << 8) | b, (c << 8) | d];
}
