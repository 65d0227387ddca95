/** Send: values that no server has asked for. Core 1.2 §6.4.6, Transport 1.2 §6.4.5; with prefixes Gateway TS 1.1 §8.3.3. */
import type { Clock, Undated } from "../clock.ts";
import { CODE, formatCode } from "../coap/codes.ts";
import { type CoapMessage, OPTION, stringOptions, uintOption } from "../coap/options.ts";
import { Lwm2mError } from "../errors.ts";
import type { ContentCodec } from "../lwm2m/formats/codec.ts";
import { codecFor } from "../lwm2m/formats/index.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import { makePath, type Path } from "../lwm2m/path.ts";
import type { RegistrationState } from "../lwm2m/registration.ts";
import type { Sample } from "../lwm2m/sample.ts";
import { SEND_FORMATS, type SendFormat } from "../lwm2m/send-formats.ts";
import type { TreeOf } from "../lwm2m/tree.ts";
import { typesIn } from "./composite.ts";
import type { Outcome } from "./connection.ts";
import { knownTree } from "./known-tree.ts";
import type { Waking } from "./waking.ts";

export interface SendRequest {
  /** Of the gateway, of devices, or both, in own paths; in SenML several of one path, each with its time. */
  readonly samples: readonly Sample[];
  readonly format: SendFormat;
}

/** What became of it. Nothing is tried again: who wants that keeps the samples. */
export type SendOutcome =
  /** 2.04 */
  | { readonly type: "delivered" }
  | { readonly type: "refused"; readonly code: string; readonly reason: string }
  | { readonly type: "unanswered"; readonly reason: string }
  /** Not one datagram left. */
  | { readonly type: "notSent"; readonly reason: string };

/** The same with the Short Server ID. */
export type ServerSendOutcome = SendOutcome & { readonly server: number };

export interface SendCounters {
  readonly delivered: number;
  /** Answered, but not by 2.04. */
  readonly refused: number;
  readonly unanswered: number;
}

export interface SenderOptions {
  /** Of samples in own paths those that the server is shown, as it is shown them. */
  readonly shown: (samples: readonly Sample[]) => readonly Sample[];
  readonly treeOf: TreeOf;
  readonly clock: Clock;
  readonly state: () => RegistrationState;
  readonly version: () => Lwm2mVersion;
  /** /1/x/23. */
  readonly muted: () => boolean;
  readonly waking: Waking;
  /** Confirmable; the CoAP endpoint keeps NSTART for it and the notifications together, and cuts it into blocks. */
  readonly request: (message: CoapMessage) => Promise<Outcome>;
  /** The server has not answered. */
  readonly onSilence: () => void;
}

/** More of them would only wait for each other. */
const MOST_AT_ONCE = 16;
/** Of what a server says of its refusal. */
const LONGEST_REASON = 200;

export class Sender {
  private readonly options: SenderOptions;
  private readonly counted = { delivered: 0, refused: 0, unanswered: 0 };
  private running = 0;

  constructor(options: SenderOptions) {
    this.options = options;
  }

  get counters(): SendCounters {
    return { ...this.counted };
  }

  /** Sends once, and tells what came of it. Never rejects for what the server or the network does. */
  async send({ samples: own, format }: SendRequest): Promise<SendOutcome> {
    const { treeOf, clock, shown } = this.options;
    const samples = shown(own);
    const reason = this.obstacle(format) ?? this.hidden(own, samples) ?? obstacleIn(samples, treeOf);
    if (reason !== undefined) return { type: "notSent", reason };
    const message = sendMessage(samples, format, { treeOf, undated: clock.undated });
    this.running++;
    try {
      return await this.transmit(message);
    } finally {
      this.running--;
    }
  }

  /** All of them, or none. */
  private hidden(own: readonly Sample[], samples: readonly Sample[]): string | undefined {
    if (samples.length === own.length) return undefined;
    const first = own.find((sample) => this.options.shown([sample]).length === 0);
    return `${first?.path} is not shown to this server`;
  }

  private obstacle(format: SendFormat): string | undefined {
    const { state, version, muted } = this.options;
    const standing = state();
    if (standing !== "registered" && standing !== "updating") return `not registered: ${standing}`;
    // Core 1.1 brought Send, 1.2 this format.
    if (version() === "1.0") return "there is no Send in LwM2M 1.0, with which the server has registered us";
    if (format === "lwm2m-cbor" && version() !== "1.2") return `there is no LwM2M CBOR in LwM2M ${version()}`;
    if (muted()) return "the server does not want Send: Mute Send (/1/x/23) is true";
    return this.running >= MOST_AT_ONCE ? `${MOST_AT_ONCE} others are under way` : undefined;
  }

  private async transmit(message: CoapMessage): Promise<SendOutcome> {
    const { waking, request, onSilence } = this.options;
    const outcome = await new Promise<Outcome | undefined>((resolve) => {
      waking.whenAwake({ run: () => void request(message).then(resolve), drop: () => resolve(undefined) });
    });
    if (outcome === undefined) return { type: "notSent", reason: "the registration was lost after the sleep" };
    if (outcome.type === "failed") {
      this.counted.unanswered++;
      if (outcome.reason === "timeout") onSilence();
      return { type: "unanswered", reason: outcome.reason === "timeout" ? "no answer" : "rejected by a Reset" };
    }
    const { code, payload } = outcome.message;
    if (code === CODE.changed) {
      this.counted.delivered++;
      return { type: "delivered" };
    }
    this.counted.refused++;
    return { type: "refused", code: formatCode(code), reason: diagnosticOf(payload) };
  }
}

/**
 * What stands at these paths now, for a Send: each read whole, no value twice. Rejects with Lwm2mError where one of them is
 * not there, cannot be read, or is not for servers.
 */
export async function readForSend(paths: readonly Path[], treeOf: TreeOf): Promise<readonly Sample[]> {
  const read = await Promise.all(paths.map(async (path) => knownTree(treeOf, path).read(path)));
  return [...new Map(read.flat().map((sample) => [sample.path, sample])).values()];
}

/** Core §6.4.6: only what the server may read, and of our own objects only what is registered; a tree knows both. */
function obstacleIn(samples: readonly Sample[], treeOf: TreeOf): string | undefined {
  if (samples.length === 0) return "there is nothing to send";
  for (const { path } of samples) {
    try {
      knownTree(treeOf, path).check(path);
    } catch (error) {
      if (!(error instanceof Lwm2mError)) throw error;
      return error.message;
    }
  }
  return undefined;
}

const ROOT = makePath({ prefix: "" });

/** Where `undated` is given, what was measured before the clock was right is told relative to now, or dated. */
export function sendMessage(
  samples: readonly Sample[],
  format: SendFormat,
  { treeOf, undated }: { readonly treeOf: TreeOf; readonly undated?: Undated | undefined },
): CoapMessage {
  const codec = codecOf(format);
  // Without times the newest of a path is the one that is true.
  const newest = [...new Map(samples.map((sample) => [sample.path, sample])).values()];
  return {
    code: CODE.post,
    options: [...stringOptions(OPTION.uriPath, ["dp"]), uintOption(OPTION.contentFormat, codec.contentFormat)],
    payload: codec.encode(codec.carriesTime ? samples : newest, ROOT, typesIn(treeOf), { times: true, undated }),
  };
}

function codecOf(format: SendFormat): ContentCodec {
  const codec = codecFor(SEND_FORMATS[format]);
  if (codec === undefined) throw new RangeError(`there is no codec of ${format}`);
  return codec;
}

/** A server's text is no command to a terminal. */
export function diagnosticOf(payload: Uint8Array): string {
  const text = new TextDecoder().decode(payload.subarray(0, 4 * LONGEST_REASON)).slice(0, LONGEST_REASON);
  return text.replaceAll(/\p{Cc}/gu, "?");
}
