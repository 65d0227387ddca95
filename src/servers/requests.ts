/** A server's request: which operation, on which tree, and the answer. Core 1.2 §6.3, §6.4. */
import { CODE, formatCode } from "../coap/codes.ts";
import { type CoapMessage, OPTION, stringValues } from "../coap/options.ts";
import { Lwm2mError, ProtocolError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { AttributeStore } from "../lwm2m/attribute-store.ts";
import { type Attributes, checkAttributes } from "../lwm2m/attributes.ts";
import { chooseFormat, decodeValues } from "../lwm2m/format-choice.ts";
import { CONTENT_FORMAT, type ContentCodec } from "../lwm2m/formats/codec.ts";
import { discoverPayload } from "../lwm2m/links.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import { type ObserveOperation, parseOperation } from "../lwm2m/operation.ts";
import { type Path, pathParts } from "../lwm2m/path.ts";
import {
  changedResponse,
  contentResponse,
  createdResponse,
  deletedResponse,
  errorResponse,
} from "../lwm2m/response.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { ObjectTree, TreeOf } from "../lwm2m/tree.ts";

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
      const served = await this.perform(request);
      log.debug({ request: describe(request), response: formatCode(served.message.code) }, "request answered");
      return served;
    } catch (error) {
      const message = errorResponse(error);
      const fields = { request: describe(request), response: formatCode(message.code), err: error };
      if (error instanceof Lwm2mError || error instanceof ProtocolError) log.debug(fields, "request refused");
      else log.error(fields, "a request failed by a fault of this program");
      return { message };
    }
  }

  /** Rejects with Lwm2mError where the answer is an error; any other error is a bug. */
  private async perform(request: CoapMessage): Promise<Served> {
    const operation = parseOperation(request);
    switch (operation.type) {
      case "read":
      case "cancelObservation":
        return { message: answer(await this.read(operation)) };
      case "observe":
        return this.observe(operation);
      case "discover": {
        const { attributes, version } = this.options;
        const links = discoverPayload(this.tree(operation.path), operation, attributes, version());
        return { message: contentResponse(CONTENT_FORMAT.linkFormat, text.encode(links)) };
      }
      case "write": {
        const tree = this.tree(operation.path);
        await tree.write(operation.path, decodeValues(operation, tree.typeOf), operation.mode);
        return { message: changedResponse() };
      }
      case "writeAttributes":
        this.options.attributes.set(operation.path, operation.attributes, this.tree(operation.path));
        return { message: changedResponse(), attributesAt: operation.path };
      case "execute":
        await this.tree(operation.path).execute(operation.path, operation.args);
        return { message: changedResponse() };
      case "create":
        return { message: createdResponse(await this.tree(operation.path).create(operation.path, undefined, [])) };
      case "delete":
        await this.tree(operation.path).delete(operation.path);
        return { message: deletedResponse() };
      case "readComposite":
      case "observeComposite":
      case "cancelObservationComposite":
      case "writeComposite":
        // Optional for clients: Core 1.2 §6.3.8.
        throw new Lwm2mError(CODE.methodNotAllowed, "composite operations are not supported");
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

  private async read({ path, accept }: Readable): Promise<Content> {
    const tree = this.tree(path);
    const wish = { version: this.options.version(), ...(accept === undefined ? {} : { accept }) };
    const codec = chooseFormat(path, tree.typeOf, wish);
    const samples = await tree.read(path);
    return { path, codec, samples, payload: codec.encode(samples, path, tree.typeOf) };
  }

  private async observe(operation: ObserveOperation): Promise<Served> {
    const { path, attributes } = operation;
    if (attributes !== undefined) checkAttributes(attributes, path, this.tree(path).typeOf);
    const content = await this.read(operation);
    return {
      message: answer(content, true),
      granted: { ...content, ...(attributes === undefined ? {} : { attributes }) },
    };
  }
}

interface Readable {
  readonly path: Path;
  readonly accept?: number;
}

interface Content {
  readonly path: Path;
  readonly codec: ContentCodec;
  readonly samples: readonly Sample[];
  readonly payload: Uint8Array;
}

function answer({ codec, payload }: Content, observed = false): CoapMessage {
  return contentResponse(codec.contentFormat, payload, observed);
}

/** "0.01 /meter-1/3303/0" for the log. */
function describe(message: CoapMessage): string {
  return `${formatCode(message.code)} /${stringValues(message, OPTION.uriPath).join("/")}`;
}
