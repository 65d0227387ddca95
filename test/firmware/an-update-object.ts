/** Object 5 of one device behind the requests of a server, with images on a real disk; who carries them is made up. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import { formatCode } from "../../src/coap/codes.ts";
import { type Part, streamId } from "../../src/coap/events.ts";
import {
  type CoapMessage,
  findOption,
  OPTION,
  readUint,
  sortOptions,
  stringOptions,
  uintOption,
} from "../../src/coap/options.ts";
import { ImageFiles } from "../../src/firmware/image-files.ts";
import type { StoredImage } from "../../src/firmware/images.ts";
import { UpdateObject } from "../../src/firmware/update-object.ts";
import { requiredObject } from "../../src/gateway/trees.ts";
import { AttributeStore } from "../../src/lwm2m/attribute-store.ts";
import { initialUpdate } from "../../src/lwm2m/firmware/update-machine.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import type { Sample } from "../../src/lwm2m/sample.ts";
import type { TreeOf } from "../../src/lwm2m/tree.ts";
import { Requests } from "../../src/servers/requests.ts";
import { recordingLogger } from "../support/recording-logger.ts";
import { temporaryDirectory } from "../support/temp.ts";

export const NOW = 1_700_000_000_000;
export const MOST = 10_000;
const text = new TextEncoder();

export interface Setup {
  readonly protocols?: readonly number[];
  readonly schemes?: readonly string[];
  /** Of an image: MOST. */
  readonly maxSize?: number;
  /** What a server sees of it. */
  readonly treeOf?: (object: UpdateObject) => TreeOf;
}

export function anUpdateObject(t: TestContext, setup: Setup = {}) {
  const { protocols = [2, 3], schemes = ["http", "https"], maxSize = MOST, treeOf } = setup;
  const directory = join(temporaryDirectory(t), "firmware");
  const images = new ImageFiles({ directory, log: recordingLogger([]) });
  const samples: Sample[] = [];
  const done: string[] = [];
  const arrived: StoredImage[] = [];
  const object: UpdateObject = new UpdateObject({
    ...{ prefix: "meter-1", images, maxSize, protocols, schemes: new Set(schemes) },
    definition: requiredObject(catalogue, 5, "1.2"),
    record: initialUpdate(NOW - 1000),
    port: {
      save: async ({ state, result }) => void done.push(`save ${state}/${result}`),
      onChange: (changes) => void samples.push(...changes),
      download: (uri) => void done.push(`download ${uri}`),
      arrived: async (image) => {
        arrived.push(image);
        done.push(`arrived ${image.size}`);
      },
      discard: async () => void done.push("discard"),
      start: async () => void done.push("start"),
      now: () => NOW,
    },
  });
  const tree = new ModelTree(object);
  const requests = new Requests({
    treeOf: treeOf?.(object) ?? ((prefix) => (prefix === "meter-1" ? tree : undefined)),
    attributes: new AttributeStore(() => ({})),
    version: () => "1.2",
    log: recordingLogger([]),
  });
  let streams = 0;
  const world = {
    ...{ object, images, directory, samples, done, arrived, requests, tree },
    /** "2.04", or "4.05 why". */
    async ask(message: CoapMessage, part?: Part): Promise<string> {
      const { message: answer } = await requests.serve(message, part);
      const size = findOption(answer, OPTION.size1);
      const said = new TextDecoder().decode(answer.payload);
      return [formatCode(answer.code), ...(size === undefined ? [] : [`Size1=${readUint(size)}`]), said]
        .join(" ")
        .trim();
    },
    put: (path: string, payload: Uint8Array | string, format: number | undefined = 0) =>
      world.ask(request(PUT, path, payload, format)),
    execute: (path: string) => world.ask(request(POST, path, "")),
    get: (path: string) => world.ask(request(GET, path, "")),
    /** Sends it in blocks; the answers, each once. */
    async push(path: string, body: Uint8Array, { method = PUT, format = 42, size, until = body.length }: Push = {}) {
      const stream = streamId(++streams);
      const answers = new Set<string>();
      for (let offset = 0; offset < until; offset += 1024) {
        const last = offset + 1024 >= body.length;
        const part = { stream, offset, last, ...(size === undefined ? {} : { size }) };
        const answer = await world.ask(request(method, path, body.subarray(offset, offset + 1024), format), part);
        answers.add(answer);
        if (!answer.startsWith("2.31")) break;
      }
      return { stream, answers: [...answers] };
    },
    get state(): string {
      const { state, result } = object.record;
      return `${state}/${result}`;
    },
  };
  return world;
}

interface Push {
  readonly method?: number;
  readonly format?: number | undefined;
  readonly size?: number;
  readonly until?: number;
}

export const GET = 1;
export const POST = 2;
export const PUT = 3;

export function request(code: number, path: string, payload: Uint8Array | string, format?: number): CoapMessage {
  const segments = stringOptions(OPTION.uriPath, path.slice(1).split("/"));
  const contentFormat = format === undefined ? [] : [uintOption(OPTION.contentFormat, format)];
  return {
    code,
    options: sortOptions([...segments, ...contentFormat]),
    payload: typeof payload === "string" ? text.encode(payload) : payload,
  };
}
