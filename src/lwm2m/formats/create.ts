/** The payload of a Create (Core 1.2 §6.3.6): which instance to make, and its values. */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError, ProtocolError } from "../../errors.ts";
import { childPath, MAX_ID, type Path, pathParts } from "../path.ts";
import type { PathValue } from "../sample.ts";
import { CONTENT_FORMAT, type TypeOf } from "./codec.ts";
import { codecFor } from "./index.ts";
import { createdInstances, createdValues } from "./lwm2m-cbor.ts";
import { tlv } from "./tlv.ts";
import { TLV_KIND, tlvEntries } from "./tlv-bytes.ts";

export interface CreateContext {
  readonly object: Path;
  readonly typeOf: TypeOf;
  /** An instance that does not exist yet; called where the payload leaves the choice to the client. May throw. */
  readonly choose: () => number;
}

export interface Creation {
  readonly instance: number;
  /** Below that instance. */
  readonly values: readonly PathValue[];
}

/**
 * Which instance a Create names, else the chosen one: TLV names none by bare resources, LwM2M CBOR by instance 65535, the others
 * by being empty. Throws Lwm2mError 4.15 for a format that cannot carry an instance, 4.00 for bytes that are not this format,
 * values that do not fit, and two instances.
 */
export function decodeCreate(contentFormat: number, payload: Uint8Array, context: CreateContext): Creation {
  try {
    switch (contentFormat) {
      case CONTENT_FORMAT.tlv:
        return fromTlv(payload, context);
      case CONTENT_FORMAT.lwm2mCbor:
        return fromLwm2mCbor(payload, context);
      default:
        return fromNames(contentFormat, payload, context);
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Lwm2mError(CODE.badRequest, error.message, { cause: error });
  }
}

function fromTlv(payload: Uint8Array, { object, typeOf, choose }: CreateContext): Creation {
  const entries = tlvEntries(payload);
  const wrapped = entries.flatMap(({ kind, id }) => (kind === TLV_KIND.objectInstance ? [id] : []));
  const instance = theOne(wrapped) ?? choose();
  const base = wrapped.length === 0 ? childPath(object, instance) : object;
  return { instance, values: tlv.decode(payload, base, typeOf) };
}

function fromLwm2mCbor(payload: Uint8Array, { object, typeOf, choose }: CreateContext): Creation {
  const named = theOne(createdInstances(payload, object));
  const instance = named === undefined || named === MAX_ID ? choose() : named;
  return { instance, values: createdValues(payload, childPath(object, instance), typeOf) };
}

function fromNames(contentFormat: number, payload: Uint8Array, { object, typeOf, choose }: CreateContext): Creation {
  const codec = codecFor(contentFormat);
  if (codec === undefined || codec.singleValue) {
    throw new Lwm2mError(CODE.unsupportedContentFormat, `Content-Format ${contentFormat} cannot carry an instance`);
  }
  // Each name is asked for its type, those too whose values are left out since the resource is unknown.
  const named: number[] = [];
  const values = codec.decode(payload, object, (path) => {
    const { instance } = pathParts(path);
    if (instance !== undefined) named.push(instance);
    return typeOf(path);
  });
  return { instance: theOne(named) ?? choose(), values };
}

/** Undefined where no instance is named. */
function theOne(instances: readonly number[]): number | undefined {
  const [first, ...others] = new Set(instances);
  if (others.length > 0)
    throw new Lwm2mError(CODE.badRequest, "a Create makes one instance, the payload names several");
  return first;
}
