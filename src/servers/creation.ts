/** A Create: which instance, and what the server hears of it. Core 1.2 §6.3.6. */
import type { CoapMessage } from "../coap/options.ts";
import { decodeCreation } from "../lwm2m/format-choice.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import type { CreateOperation } from "../lwm2m/operation.ts";
import { childPath, type Path } from "../lwm2m/path.ts";
import { createdResponse } from "../lwm2m/response.ts";
import type { PathValue } from "../lwm2m/sample.ts";
import type { ObjectTree } from "../lwm2m/tree.ts";

/**
 * Makes what the operation asks for. The answer names the instance only where the choice was ours. `note` hears what it
 * will be before it is.
 */
export async function created(
  operation: CreateOperation,
  tree: ObjectTree,
  version: Lwm2mVersion,
  note: (instance: Path, values: readonly PathValue[]) => void = () => {},
): Promise<CoapMessage> {
  const { path } = operation;
  let chosen = false;
  const choose = (): number => {
    chosen = true;
    return tree.freeInstance(path);
  };
  // Nothing may come between the choice and the making: two servers would choose the same.
  const { instance, values } = decodeCreation(operation, { object: path, typeOf: tree.typeOf, choose }, version);
  const made = childPath(path, instance);
  note(made, values);
  await tree.create(made, values);
  return createdResponse(chosen ? made : undefined);
}
