/** What tools ask of an open link, as it comes over the admin socket: anybody who may open that may write anything. */
import { type Ask, WrongArguments } from "../adapter.ts";
import { DeviceError, type DeviceErrorKind } from "../errors.ts";
import { AdminRefusal } from "./errors.ts";

/** The answer to GET /v1/links/{id}/use. */
export interface LinkUse {
  /** Whether the gateway has it open, so that a tool must ask the gateway. */
  readonly open: boolean;
  /** Ids of the devices on it. */
  readonly devices: readonly string[];
}

/** The answer to POST /v1/links/{id}/ask. */
export type LinkAnswer =
  | { readonly answer: unknown }
  | { readonly failed: { readonly kind: DeviceErrorKind; readonly message: string } };

/** Carries a request out. That a device did not do it is an answer too; throws AdminRefusal for what is no request. */
export async function answerOf(ask: Ask | undefined, request: unknown): Promise<LinkAnswer> {
  if (ask === undefined) throw new AdminRefusal("this link is not open, or takes no requests");
  try {
    return { answer: await ask(request) };
  } catch (error) {
    if (error instanceof WrongArguments) throw new AdminRefusal(error.message, { cause: error });
    if (!(error instanceof DeviceError)) throw error;
    return { failed: { kind: error.kind, message: error.message } };
  }
}

/** The other end of `answerOf`. Throws DeviceError. */
export function takeAnswer(answer: LinkAnswer): unknown {
  if ("answer" in answer) return answer.answer;
  throw new DeviceError(answer.failed.kind, answer.failed.message);
}
