/** A Create: which instance, and what the server hears of it. Core 1.2 §6.3.6. */
import type { CoapMessage } from "../coap/options.ts";
import { type Creation, decodeCreate } from "../lwm2m/formats/create.ts";
import type { CreateOperation } from "../lwm2m/operation.ts";
import { childPath } from "../lwm2m/path.ts";
import { createdResponse } from "../lwm2m/response.ts";
import type { ObjectTree } from "../lwm2m/tree.ts";

/** Makes what the operation asks for. The answer names the instance only where the choice was ours. */
export async function created(
  { path, contentFormat, payload }: CreateOperation,
  tree: ObjectTree,
): Promise<CoapMessage> {
  let chosen = false;
  const choose = (): number => {
    chosen = true;
    return tree.freeInstance(path);
  };
  // Nothing may come between the choice and the making: two servers would choose the same.
  const { instance, values }: Creation =
    contentFormat === undefined
      ? { instance: choose(), values: [] }
      : decodeCreate(contentFormat, payload, { object: path, typeOf: tree.typeOf, choose });
  const made = childPath(path, instance);
  await tree.create(made, values);
  return createdResponse(chosen ? made : undefined);
}
