/** Who a device says that it is, so that a mapping for it begins with its name. */
import { loadAdapters } from "../../../adapters/index.ts";
import { type Arguments, UsageError } from "../command.ts";
import { scanOnce } from "../scan-once.ts";

export interface SaidIdentity {
  readonly manufacturer?: string;
  readonly model?: string;
}

const WIRE = ["host", "port", "line"];

/** Undefined where no wire is named, or the device does not say. Rejects with UsageError or FailureError. */
export async function identityAt(args: Arguments, protocol: string): Promise<SaidIdentity | undefined> {
  if (WIRE.every((option) => args.text(option) === undefined)) return undefined;
  const adapter = (await loadAdapters()).find(({ name }) => name === protocol);
  if (adapter === undefined || protocol !== "modbus") {
    throw new UsageError(
      `--host and --port: devices of protocol ${protocol} are not asked who they are; scan ${protocol} may tell`,
    );
  }
  const wire = Object.fromEntries(WIRE.map((option) => [option, args.text(option)]));
  const { data } = await scanOnce(adapter, { ...wire, units: args.text("unit") }, { tell: () => {} });
  const [found] = foundIn(data);
  if (found === undefined)
    throw new UsageError(`no device answers as unit ${args.text("unit")}: scan modbus finds addresses`);
  const { vendor, product, model } = found;
  const named = model ?? product;
  return {
    ...(vendor === undefined ? {} : { manufacturer: vendor }),
    ...(named === undefined ? {} : { model: named }),
  };
}

type Identity = Readonly<Partial<Record<"vendor" | "product" | "model", string>>>;

/** What the report of a scan says of identities, as far as it is text. */
function foundIn(data: unknown): readonly Identity[] {
  const found = fieldOf(data, "found");
  if (!Array.isArray(found)) return [];
  return found.map((each: unknown) => {
    const identity = fieldOf(each, "identity");
    const entries = (["vendor", "product", "model"] as const).flatMap((key) => {
      const text = fieldOf(identity, key);
      return typeof text === "string" && text !== "" ? [[key, text]] : [];
    });
    return Object.fromEntries(entries);
  });
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
