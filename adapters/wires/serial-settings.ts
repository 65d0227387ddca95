/** Line settings of a serial port as everybody writes them: `9600-8N1`. MODBUS over Serial Line V1.02 §2.5.1, §2.5.2. */
import { z } from "zod";
import { type Millis, orIssue, SECOND } from "../../src/adapter.ts";

export interface SerialSettings {
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
}

/** Slower lines carry no meter; faster ones no RS-485 adapter promises. */
const SLOWEST = 300;
const FASTEST = 4_000_000;

/** Reads `9600-8N1`: baud, data bits, parity (N, E, O), stop bits. Throws RangeError with a sentence for the user. */
export function parseSerialSettings(text: string): SerialSettings {
  const [, baud, bits, letter, stop] = /^([0-9]{1,9})-([78])([NEO])([12])$/i.exec(text) ?? [];
  const parity = parityOf(letter);
  if (baud === undefined || parity === undefined) {
    throw new RangeError(
      `"${text}" is no line setting; expected baud rate, data bits (7, 8), parity (N, E, O) and stop bits (1, 2), e.g. 9600-8N1 or 19200-8E1`,
    );
  }
  const baudRate = Number(baud);
  if (baudRate < SLOWEST || baudRate > FASTEST) {
    throw new RangeError(`"${text}": the baud rate ${baudRate} is outside ${SLOWEST}..${FASTEST}`);
  }
  return { baudRate, dataBits: bits === "7" ? 7 : 8, parity, stopBits: stop === "2" ? 2 : 1 };
}

/** `9600-8N1` */
export function formatSerialSettings({ baudRate, dataBits, parity, stopBits }: SerialSettings): string {
  return `${baudRate}-${dataBits}${parity.charAt(0).toUpperCase()}${stopBits}`;
}

/** How long one character takes: start bit, data, parity, stop bits. In milliseconds, with fractions. */
export function characterTime({ baudRate, dataBits, parity, stopBits }: SerialSettings): Millis {
  const bits = 1 + dataBits + (parity === "none" ? 0 : 1) + stopBits;
  return (bits * SECOND) / baudRate;
}

/** What devices can be set to, and every converter understands. */
const USUAL_BAUD_RATES = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200];

/** The next faster baud rate that is usual; undefined: there is none. */
export function fasterBaudRate({ baudRate }: SerialSettings): number | undefined {
  return USUAL_BAUD_RATES.find((rate) => rate > baudRate);
}

/** Line settings in a schema: text in. */
export const serialSettingsSchema: z.ZodType<SerialSettings> = z
  .string()
  .transform((text, context) => orIssue(context, () => parseSerialSettings(text)));

function parityOf(letter: string | undefined): SerialSettings["parity"] | undefined {
  switch (letter?.toUpperCase()) {
    case "N":
      return "none";
    case "E":
      return "even";
    case "O":
      return "odd";
    default:
      return undefined;
  }
}
