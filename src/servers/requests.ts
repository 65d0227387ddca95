/** A server's request: which operation, on which tree, and the answer. Core 1.2 §6.3, §6.4. */
import { CODE, formatCode } from "../coap/codes.ts";
import { type CoapMessage, OPTION, stringValues } from "../coap/options.ts";
import { Lwm2mError, ProtocolError } from "../errors.ts";
import type { LogFields, Logger } from "../log.ts";
import type { AttributeStore } from "../lwm2m/attribute-store.ts";
import { type Attributes, checkAttributes } from "../lwm2m/attributes.ts";
import { chooseFormat, decodeValues } from "../lwm2m/format-choice.ts";
import { CONTENT_FORMAT, type ContentCodec } from "../lwm2m/formats/codec.ts";
import { discoverPayload } from "../lwm2m/links.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import {
  type CancelObservationOperation,
  type ObserveOperation,
  type Operation,
  parseOperation,
  type ReadOperation,
} from "../lwm2m/operation.ts";
import { type Path, pathParts } from "../lwm2m/path.ts";
import { notAllowed } from "../lwm2m/refusals.ts";
import { changedResponse, contentResponse, deletedResponse, errorResponse } from "../lwm2m/response.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { ObjectTree, TreeOf } from "../lwm2m/tree.ts";
import { created } from "./creation.ts";

/** An Observe that was granted: its answer is the first notification. */
export interface Granted {
  readonly path: Path;
  readonly codec: ContentCodec;
  readonly samples: readonly Sample[];
  readonly attributes?: Attributes;
}

export interface Served {
  readonly message: CoapMessage;
  readonly granted?: Granted;
  /** Attributes were written at this path. */
  readonly attributesAt?: Path;
}

export interface RequestsOptions {
  readonly treeOf: TreeOf;
  readonly attributes: AttributeStore;
  /** What this server registered us with. */
  readonly version: () => Lwm2mVersion;
  readonly log: Logger;
}

const text = new TextEncoder();

export class Requests {
  private readonly options: RequestsOptions;

  constructor(options: RequestsOptions) {
    this.options = options;
  }

  /** The answer, whatever comes of it. Never rejects. */
  async serve(request: CoapMessage): Promise<Served> {
    const { log } = this.options;
    try {
      const served = await this.perform(parseOperation(request));
      if (log.debugging) log.debug(exchangeFields(request, served.message), "request answered");
      return served;
    } catch (error) {
      const message = errorResponse(error);
      const fields = { ...exchangeFields(request, message), err: error };
      if (error instanceof Lwm2mError || error instanceof ProtocolError) log.debug(fields, "request refused");
      else log.error(fields, "a request failed by a fault of this program");
      return { message };
    }
  }

  /** Rejects with, or throws, Lwm2mError where the answer is an error; any other error is a bug. */
  private perform(operation: Operation): Promise<Served> {
    switch (operation.type) {
      case "read":
      case "observe":
      case "cancelObservation":
        return this.read(operation);
      default:
        return this.act(operation);
    }
  }

  private async act(operation: Exclude<Operation, Reading>): Promise<Served> {
    switch (operation.type) {
      case "discover": {
        const { attributes, version } = this.options;
        const links = discoverPayload(this.tree(operation.path), operation, attributes, version());
        return { message: contentResponse(CONTENT_FORMAT.linkFormat, text.encode(links)) };
      }
      case "write": {
        const tree = this.tree(operation.path);
        await tree.write(operation.path, decodeValues(operation, tree.typeOf, this.options.version()), operation.mode);
        return { message: changedResponse() };
      }
      case "writeAttributes":
        this.options.attributes.set(operation.path, operation.attributes, this.tree(operation.path));
        return { message: changedResponse(), attributesAt: operation.path };
      case "execute":
        await this.tree(operation.path).execute(operation.path, operation.args);
        return { message: changedResponse() };
      case "create":
        return { message: await created(operation, this.tree(operation.path)) };
      case "delete":
        await this.tree(operation.path).delete(operation.path);
        return { message: deletedResponse() };
      case "readComposite":
      case "observeComposite":
      case "cancelObservationComposite":
      case "writeComposite":
        // Optional for clients: Core 1.2 §6.3.8.
        throw notAllowed("composite operations are not supported");
    }
  }

  /** The tree of the path, which exists. */
  private tree(path: Path): ObjectTree {
    const { prefix } = pathParts(path);
    const tree = this.options.treeOf(prefix);
    if (tree === undefined) throw new Lwm2mError(CODE.notFound, `there is no device with the prefix ${prefix}`);
    // Before format and payload are looked at: 4.04 tells more than 4.06 or 4.15 for what is not there.
    tree.check(path);
    return tree;
  }

  /** An Observe is a read whose answer is the first notification. */
  private async read(operation: Reading): Promise<Served> {
    const { path, accept } = operation;
    const tree = this.tree(path);
    const observed = operation.type === "observe";
    if (observed && operation.attributes !== undefined) checkAttributes(operation.attributes, path, tree.typeOf);
    const codec = chooseFormat(path, tree.typeOf, { accept, version: this.options.version() });
    const samples = await tree.read(path);
    const message = contentResponse(codec.contentFormat, codec.encode(samples, path, tree.typeOf), observed);
    return observed ? { message, granted: grantedOf(operation, codec, samples) } : { message };
  }
}

type Reading = ReadOperation | ObserveOperation | CancelObservationOperation;

function grantedOf(operation: ObserveOperation, codec: ContentCodec, samples: readonly Sample[]): Granted {
  const { path, attributes } = operation;
  return { path, codec, samples, ...(attributes === undefined ? {} : { attributes }) };
}

function exchangeFields(request: CoapMessage, answer: CoapMessage): LogFields {
  return { request: describe(request), response: formatCode(answer.code) };
}

/** "0.01 /meter-1/3303/0" for the log. */
function describe(message: CoapMessage): string {
  return `${formatCode(message.code)} /${stringValues(message, OPTION.uriPath).join("/")}`;
}
