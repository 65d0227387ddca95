/** A server's request: which operation, on which tree, and the answer. Core 1.2 §6.3, §6.4. */
import { formatCode } from "../coap/codes.ts";
import type { Part, StreamId } from "../coap/endpoint.ts";
import { type CoapMessage, OPTION, stringValues } from "../coap/options.ts";
import { Lwm2mError, ProtocolError, reasonOf } from "../errors.ts";
import type { LogFields, Logger } from "../log.ts";
import type { AttributeStore } from "../lwm2m/attribute-store.ts";
import { type Attributes, checkAttributes } from "../lwm2m/attributes.ts";
import { chooseCompositeFormat, chooseFormat, decodeChanges, decodeValues } from "../lwm2m/format-choice.ts";
import { CONTENT_FORMAT, type ContentCodec } from "../lwm2m/formats/codec.ts";
import { decodePaths } from "../lwm2m/formats/composite.ts";
import { discoverPayload } from "../lwm2m/links.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import {
  type CancelObservationCompositeOperation,
  type CancelObservationOperation,
  type CreateOperation,
  type ObserveCompositeOperation,
  type ObserveOperation,
  type Operation,
  parseOperation,
  type ReadCompositeOperation,
  type ReadOperation,
  type WriteCompositeOperation,
} from "../lwm2m/operation.ts";
import { makePath, type Path } from "../lwm2m/path.ts";
import { notAllowed } from "../lwm2m/refusals.ts";
import {
  changedResponse,
  contentResponse,
  continueResponse,
  deletedResponse,
  errorResponse,
} from "../lwm2m/response.ts";
import type { Sample } from "../lwm2m/sample.ts";
import { streamedPath } from "../lwm2m/streamed.ts";
import type { Intent, ObjectTree, TreeOf } from "../lwm2m/tree.ts";
import { type Audit, type Change, type Deed, deedOf } from "./audit.ts";
import { readComposite, typesIn, writableTypesIn, writeComposite } from "./composite.ts";
import { created } from "./creation.ts";
import { knownTree } from "./known-tree.ts";
import { Streams } from "./streams.ts";

/** An Observe that was granted: its answer is the first notification. */
export interface Granted {
  /** One, unless it is an Observe-Composite. */
  readonly paths: readonly Path[];
  readonly composite: boolean;
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
  /** Absent: nobody wants to know who did what. */
  readonly audit?: Audit;
}

/** What of a request is known already. */
interface Noted {
  deed?: Deed | undefined;
}

const text = new TextEncoder();

export class Requests {
  private readonly options: RequestsOptions;
  private readonly streams = new Streams();

  constructor(options: RequestsOptions) {
    this.options = options;
  }

  /** Nothing more comes of a body that came in parts. */
  broken(stream: StreamId): void {
    this.streams.broken(stream);
  }

  /** The answer, whatever comes of it. Never rejects. `part`: which of a body its payload is. */
  async serve(request: CoapMessage, part?: Part): Promise<Served> {
    const { log, audit } = this.options;
    const noted: Noted = {};
    try {
      const served = (await this.receive(request, part, noted)) ?? (await this.operate(request, noted));
      if (noted.deed !== undefined) audit?.tell(noted.deed, served.message);
      if (log.debugging) log.debug(exchangeFields(request, served.message), "request answered");
      return served;
    } catch (error) {
      const message = errorResponse(error);
      const fields = { ...exchangeFields(request, message), err: error };
      if (noted.deed !== undefined) audit?.tell(noted.deed, { code: message.code, reason: reasonOf(error) });
      if (error instanceof Lwm2mError || error instanceof ProtocolError) log.debug(fields, "request refused");
      else log.error({ code: "LG109", ...fields }, "a request failed by a fault of this program");
      return { message };
    }
  }

  /** A body, or a part of one, that nobody holds in memory; undefined: it is none. */
  private async receive(request: CoapMessage, part: Part | undefined, noted: Noted): Promise<Served | undefined> {
    const path = streamedPath(request);
    if (path === undefined) return undefined;
    const deed: Deed = { act: "write", path, changes: [] };
    if (this.options.audit !== undefined) noted.deed = deed;
    const length = await this.streams.take(this.tree(path, "write"), path, request.payload, part);
    if (part?.last === false) {
      noted.deed = undefined;
      return { message: continueResponse() };
    }
    if (length === undefined) return undefined;
    note(noted, [{ path, value: `${length} bytes` }]);
    return { message: changedResponse() };
  }

  private operate(request: CoapMessage, noted: Noted): Promise<Served> {
    const operation = parseOperation(request);
    if (this.options.audit !== undefined) noted.deed = deedOf(operation);
    return this.perform(operation, noted);
  }

  /** Rejects with, or throws, Lwm2mError where the answer is an error; any other error is a bug. */
  private perform(operation: Operation, noted: Noted): Promise<Served> {
    switch (operation.type) {
      case "read":
      case "observe":
      case "cancelObservation":
        return this.read(operation);
      case "readComposite":
      case "observeComposite":
      case "cancelObservationComposite":
        return this.readComposite(operation);
      case "writeComposite":
        return this.writeComposite(operation, noted);
      default:
        return this.act(operation, noted);
    }
  }

  private async act(
    operation: Exclude<Operation, Reading | ReadingComposite | WriteCompositeOperation>,
    noted: Noted,
  ): Promise<Served> {
    switch (operation.type) {
      case "discover": {
        const { attributes, version } = this.options;
        const links = discoverPayload(this.tree(operation.path), operation, attributes, version());
        return { message: contentResponse(CONTENT_FORMAT.linkFormat, text.encode(links)) };
      }
      case "write": {
        const tree = this.tree(operation.path, "write");
        const values = decodeValues(operation, tree.typeOf, this.options.version());
        note(noted, values);
        await tree.write(operation.path, values, operation.mode);
        return { message: changedResponse() };
      }
      case "writeAttributes":
        this.options.attributes.set(operation.path, operation.attributes, this.tree(operation.path));
        return { message: changedResponse(), attributesAt: operation.path };
      case "execute":
        await this.tree(operation.path).execute(operation.path, operation.args);
        return { message: changedResponse() };
      case "create":
        return { message: await this.create(operation, noted) };
      case "delete":
        await this.tree(operation.path).delete(operation.path);
        return { message: deletedResponse() };
    }
  }

  private create(operation: CreateOperation, noted: Noted): Promise<CoapMessage> {
    const tree = this.tree(operation.path, "create");
    return created(operation, tree, this.options.version(), (path, values) => note(noted, values, path));
  }

  /** The tree of the path, which exists, or would by a `write`. */
  private tree(path: Path, intent?: Intent): ObjectTree {
    const tree = knownTree(this.options.treeOf, path);
    // Before format and payload are looked at: 4.04 tells more than 4.06 or 4.15 for what is not there.
    tree.check(path, intent);
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
    if (!observed) return { message };
    return { message, granted: { ...withAttributes(operation), paths: [path], composite: false, codec, samples } };
  }

  /** What is missing, or away, is not in the answer; a list of nothing else is answered by an empty one (Core 1.2 §6.3.8). */
  private async readComposite(operation: ReadingComposite): Promise<Served> {
    const { treeOf } = this.options;
    const types = typesIn(treeOf);
    const version = this.compositeVersion();
    const { contentFormat, payload, accept } = operation;
    const codec = chooseCompositeFormat({ accept, version });
    const paths = decodePaths(contentFormat, payload);
    const observed = operation.type === "observeComposite";
    if (observed) checkAttributes(operation.attributes ?? {}, ROOT, types);
    const samples = await readComposite(treeOf, paths);
    const message = contentResponse(codec.contentFormat, codec.encode(samples, ROOT, types), observed);
    if (!observed) return { message };
    return { message, granted: { ...withAttributes(operation), paths, composite: true, codec, samples } };
  }

  private async writeComposite(operation: WriteCompositeOperation, noted: Noted): Promise<Served> {
    const { treeOf } = this.options;
    const changes = decodeChanges(operation, writableTypesIn(treeOf), this.compositeVersion());
    note(noted, changes);
    await writeComposite(treeOf, changes);
    return { message: changedResponse() };
  }

  private compositeVersion(): Lwm2mVersion {
    const version = this.options.version();
    if (version === "1.0") throw notAllowed("composite operations came with LwM2M 1.1");
    return version;
  }
}

type Reading = ReadOperation | ObserveOperation | CancelObservationOperation;
type ReadingComposite = ReadCompositeOperation | ObserveCompositeOperation | CancelObservationCompositeOperation;

const ROOT = makePath({ prefix: "" });

function withAttributes({ attributes }: ObserveOperation | ObserveCompositeOperation): Pick<Granted, "attributes"> {
  return attributes === undefined ? {} : { attributes };
}

function note(noted: Noted, changes: readonly Change[], path?: Path): void {
  if (noted.deed !== undefined) noted.deed = { ...noted.deed, changes, ...(path === undefined ? {} : { path }) };
}

function exchangeFields(request: CoapMessage, answer: CoapMessage): LogFields {
  return { request: describe(request), response: formatCode(answer.code) };
}

/** "0.01 /meter-1/3303/0" for the log. */
function describe(message: CoapMessage): string {
  return `${formatCode(message.code)} /${stringValues(message, OPTION.uriPath).join("/")}`;
}
