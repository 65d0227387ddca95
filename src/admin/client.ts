/** The other end of the admin socket. */
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ERROR_CODES, type ErrorCode } from "../error-codes.ts";
import { http } from "../node-http.ts";
import { AdminRefusal, AdminSocketError, type RefusalStatus } from "./errors.ts";
import { KEEP_ALIVE, readEvents } from "./event-stream.ts";
import { fromJson } from "./json.ts";
import type { StreamEvent } from "./route.ts";
import { sentenceOf } from "./socket-sentence.ts";

/** How long a gateway may take to answer: it computes, and waits for nobody. */
const PATIENCE = 5000;

/** What goes with a POST, and how long the gateway may take to answer it; without `body` it is a GET that may take so long. */
export interface Posted {
  readonly body?: unknown;
  readonly patience: number;
}

/** What goes with a PUT: so many bytes. */
export interface Sent {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly length: number;
  readonly patience: number;
}

/**
 * Asks a running gateway; with a `body`, which may be undefined, by POST. Rejects with AdminRefusal where it does not take what was asked, else with
 * AdminSocketError: `code` is ENOENT or ECONNREFUSED where none listens.
 */
export async function askAdminSocket(path: string, route: string, posted?: Posted): Promise<unknown> {
  return ask(path, { route, posted }, (response) => jsonOf(path, response));
}

/** The same by PUT. */
export async function sendAdminSocket(path: string, route: string, sent: Sent): Promise<unknown> {
  return ask(path, { route, sent }, (response) => jsonOf(path, response));
}

async function jsonOf(path: string, response: IncomingMessage): Promise<unknown> {
  const text = await textOf(response);
  const value = fromJson(text);
  if (value === undefined) throw new Error(`${path} answered ${response.statusCode}: ${text.slice(0, 200).trim()}`);
  return value;
}

/** The answer to a GET that is no JSON, as it is. Rejects as askAdminSocket. */
export async function askAdminText(path: string, route: string): Promise<string> {
  return ask(path, { route }, textOf);
}

/** Events of a running gateway as they come, until they or `signal` end. Throws as askAdminSocket rejects. */
export async function* listenAdminSocket(
  path: string,
  route: string,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  try {
    // Two comments may be late.
    const response = await ask(path, { route, signal, patience: 3 * KEEP_ALIVE }, async (answer) => answer);
    yield* readEvents(response.setEncoding("utf8"));
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof AdminRefusal || error instanceof AdminSocketError) throw error;
    throw new AdminSocketError(`${path} ended in the middle: ${sentenceOf(error)}`, { cause: error });
  }
}

interface Question {
  readonly route: string;
  readonly posted?: Posted | undefined;
  readonly sent?: Sent;
  readonly patience?: number;
  readonly signal?: AbortSignal;
}

function ask<T>(
  path: string,
  { route, posted, sent, patience, signal }: Question,
  read: (response: IncomingMessage) => Promise<T>,
): Promise<T> {
  const timeout = sent?.patience ?? posted?.patience ?? patience ?? PATIENCE;
  const method = sent !== undefined ? "PUT" : posted !== undefined && "body" in posted ? "POST" : "GET";
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      const said = error instanceof AdminRefusal;
      reject(said ? error : new AdminSocketError(`no answer on ${path}: ${sentenceOf(error)}`, { cause: error }));
    };
    const options = { socketPath: path, path: route, method, timeout, agent: false, ...(signal && { signal }) };
    const asked = http.request(options, (response) => {
      const read200 = response.statusCode === 200 ? read(response) : refusalOf(path, response);
      read200.then(resolve, fail);
    });
    asked.on("timeout", () => asked.destroy(new Error(`nothing came within ${timeout / 1000} s`)));
    asked.on("error", fail);
    if (sent === undefined) asked.end(method === "GET" ? undefined : JSON.stringify(posted?.body));
    else {
      asked.setHeader("content-length", sent.length);
      // Who refuses in the middle has answered, and reads no more.
      pipeline(Readable.from(sent.bytes), asked).catch(() => {});
    }
  });
}

async function refusalOf(path: string, response: IncomingMessage): Promise<never> {
  const text = await textOf(response);
  const said = fromJson(text);
  const status = response.statusCode;
  const fields: Readonly<Record<string, unknown>> = typeof said === "object" && said !== null ? { ...said } : {};
  const { error, code, next, response: answer } = fields;
  if (typeof error !== "string" || !isRefusal(status)) {
    throw new Error(`${path} answered ${status}: ${typeof error === "string" ? error : text.slice(0, 200).trim()}`);
  }
  throw new AdminRefusal(error, {
    status,
    ...(isCode(code) ? { code } : {}),
    ...(typeof next === "string" ? { next } : {}),
    ...(typeof answer === "string" ? { response: answer } : {}),
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const STATUSES: Readonly<Record<RefusalStatus, true>> = {
  ...{ 400: true, 401: true, 403: true, 404: true, 405: true, 409: true, 413: true, 421: true, 429: true },
  ...{ 502: true, 503: true, 504: true },
};

function isRefusal(status: number | undefined): status is RefusalStatus {
  return status !== undefined && Object.hasOwn(STATUSES, status);
}

function isCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(ERROR_CODES, code);
}
