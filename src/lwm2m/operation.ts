/** CoAP request to operation, result to CoAP response. Core 1.2 §6.3, §6.4; Transport 1.2 §6.4. */
import type { CoapMessage } from "../coap/options.ts";
import type { AttributeChanges, Attributes } from "./attributes.ts";
import type { ContentCodec, TypeOf } from "./formats/codec.ts";
import type { Lwm2mVersion } from "./objects/versions.ts";
import type { Path } from "./path.ts";
import type { PathValue } from "./sample.ts";

interface OnPath {
  readonly path: Path;
}
interface Answered {
  /** The Accept option. */
  readonly accept?: number;
}
interface WithPayload {
  readonly contentFormat: number;
  readonly payload: Uint8Array;
}

export type ReadOperation = OnPath & Answered & { readonly type: "read" };
export type ObserveOperation = OnPath & Answered & { readonly type: "observe"; readonly attributes?: Attributes };
export type CancelObservationOperation = OnPath & Answered & { readonly type: "cancelObservation" };
export type DiscoverOperation = OnPath & { readonly type: "discover"; readonly depth?: number };
export type WriteOperation = OnPath & WithPayload & { readonly type: "write"; readonly mode: "replace" | "update" };
export type WriteAttributesOperation = OnPath & {
  readonly type: "writeAttributes";
  readonly attributes: AttributeChanges;
};
export type ExecuteOperation = OnPath & { readonly type: "execute"; readonly args: string };
export type CreateOperation = OnPath & {
  readonly type: "create";
  readonly contentFormat?: number;
  readonly payload: Uint8Array;
};
export type DeleteOperation = OnPath & { readonly type: "delete" };
export type ReadCompositeOperation = WithPayload & Answered & { readonly type: "readComposite" };
export type ObserveCompositeOperation = WithPayload &
  Answered & { readonly type: "observeComposite"; readonly attributes?: Attributes };
export type CancelObservationCompositeOperation = WithPayload &
  Answered & { readonly type: "cancelObservationComposite" };
export type WriteCompositeOperation = WithPayload & { readonly type: "writeComposite" };

export type Operation =
  | ReadOperation
  | ObserveOperation
  | CancelObservationOperation
  | DiscoverOperation
  | WriteOperation
  | WriteAttributesOperation
  | ExecuteOperation
  | CreateOperation
  | DeleteOperation
  | ReadCompositeOperation
  | ObserveCompositeOperation
  | CancelObservationCompositeOperation
  | WriteCompositeOperation;

/** Which operation a request is; throws Lwm2mError with the code to answer. */
export declare function parseOperation(message: CoapMessage): Operation;
/** The format of an answer; throws 4.06. */
export declare function chooseFormat(
  path: Path,
  typeOf: TypeOf,
  wish: { readonly accept?: number; readonly version: Lwm2mVersion },
): ContentCodec;
/** The values of a Write; throws 4.15 or 4.00. */
export declare function decodeValues(operation: WriteOperation, typeOf: TypeOf): PathValue[];
export declare function contentResponse(contentFormat: number, payload: Uint8Array): CoapMessage;
export declare function changedResponse(): CoapMessage;
export declare function errorResponse(error: unknown): CoapMessage;
