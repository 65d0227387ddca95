/** A resource whose value a device says over its UART service. */
import type { Complain } from "../../spoken/keys.ts";
import { type SpokenPoint, type SpokenPointFields, spokenPoint } from "../../spoken/stream/points.ts";
import type { UartSpec } from "./uart-section.ts";

/** What a resource may have that is of advertisements, and of characteristics. */
const OF_OTHERS = ["service", "index", "begins", "via"] as const;
const WRITE_OF_OTHERS = ["char", "service", "index", "response", "hex", "verify"] as const;

type Others = { readonly [Key in (typeof OF_OTHERS)[number]]?: unknown };
type WriteKeys = NonNullable<Exclude<SpokenPointFields["write"], true>>;
type Write = WriteKeys & { readonly [Key in (typeof WRITE_OF_OTHERS)[number]]?: unknown };

/** As the schema of resources has them. */
export interface UartPointFields extends Omit<SpokenPointFields, "device" | "write">, Others {
  readonly write?: true | Write | undefined;
}

/** Undefined where something is wrong, which `complain` has heard. */
export function uartPoint(
  { write, ...fields }: UartPointFields,
  uart: UartSpec | undefined,
  complain: Complain,
): SpokenPoint | undefined {
  const source = fields.request === undefined ? "message" : "request";
  if (uart === undefined) {
    complain([source], `a ${source} is of a UART service: say by \`uart\` in the section \`ble:\` which`);
    return undefined;
  }
  const foreign = OF_OTHERS.filter((key) => fields[key] !== undefined).map((key) => [key]);
  const foreignOfWrite = WRITE_OF_OTHERS.filter((key) => write !== true && write?.[key] !== undefined);
  const paths = [...foreign, ...foreignOfWrite.map((key) => ["write", key])];
  for (const path of paths) complain(path, `\`${path.at(-1)}\` is of a characteristic: a ${source} has none`);
  if (paths.length > 0) return undefined;
  const { request, when } = write === true || write === undefined ? {} : write;
  return spokenPoint(
    { ...fields, write: write === true ? true : write && { request, when }, device: uart.speaker },
    complain,
  );
}
