/** One request and its answer, whichever door it came through. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Audit } from "./audit.ts";
import { AdminRefusal } from "./errors.ts";
import { sendEvents } from "./event-stream.ts";
import { fromJson, toJson } from "./json.ts";
import { type ApiRequest, Plain, Stream } from "./route.ts";
import type { Router } from "./router.ts";

export interface Serving {
  readonly router: Router;
  readonly log: Logger;
  readonly clock: Clock;
  readonly audit: Audit;
}

/** Of what is asked, in bytes. */
const LONGEST_BODY = 65_536;

export interface Asked {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  /** Who asks, for the log. */
  readonly by: string;
  /** See ApiRequest. */
  readonly anonymous?: true;
}

export async function serve(
  { router, log, clock, audit }: Serving,
  { incoming, response, by, ...others }: Asked,
): Promise<void> {
  const found = router.find(incoming.method ?? "", incoming.url ?? "");
  if ("refused" in found) {
    incoming.resume();
    if (found.allow.length > 0) response.setHeader("allow", found.allow.join(", "));
    refuse(response, found.refused);
    return;
  }
  const { route, params, query } = found;
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  let request: ApiRequest = { params, query, body: undefined, signal: gone.signal, ...others };
  try {
    if (route.takesBytes === true) request = { ...request, ...bytesOf(incoming) };
    else {
      const body = await bodyOf(incoming);
      // Who hung up in the middle asked for nothing.
      if (!incoming.complete) return;
      request = { ...request, body };
    }
    const answer = await route.answer(request);
    audit.tell({ by, route, request }, "done");
    await send(response, answer, { clock, signal: gone.signal });
  } catch (error) {
    if (error instanceof AdminRefusal) {
      audit.tell({ by, route, request }, "refused", error.message);
      incoming.resume();
      refuse(response, error);
      return;
    }
    audit.tell({ by, route, request }, "failed");
    log.error({ code: "LG109", err: error, route: `${route.method} ${route.path}` }, "an admin request failed");
    if (response.headersSent) response.destroy();
    else end(response, 500, { type: JSON_TYPE, text: `${toJson({ error: "see the gateway's log" })}\n` });
  }
}

/** Answers with the sentence of the refusal. */
export function refuse(
  response: ServerResponse,
  { message: error, status, code, next, response: answer }: AdminRefusal,
): void {
  end(response, status, { type: JSON_TYPE, text: `${toJson({ error, code, next, response: answer })}\n` });
}

async function send(
  response: ServerResponse,
  answer: unknown,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  if (answer instanceof Stream) await sendEvents(response, answer, { clock, signal });
  else if (answer instanceof Plain) end(response, answer.status, answer);
  else end(response, 200, { type: JSON_TYPE, text: `${toJson(answer)}\n` });
}

function bytesOf(incoming: IncomingMessage): Pick<ApiRequest, "bytes" | "length"> {
  const announced = incoming.headers["content-length"];
  return { bytes: incoming, ...(announced === undefined ? {} : { length: Number(announced) }) };
}

/** What JSON says, undefined where there is nothing; what is too long is read all the same, so that the refusal can be. Throws AdminRefusal. */
async function bodyOf(incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  incoming.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= LONGEST_BODY) chunks.push(chunk);
  });
  // Who hangs up in the middle ends the body too.
  await new Promise<void>((resolve) => incoming.on("end", resolve).on("close", resolve));
  if (length > LONGEST_BODY) {
    const message = `expected ${LONGEST_BODY} bytes at most, not ${length}`;
    throw new AdminRefusal(message, { status: 413, code: "LG704" });
  }
  if (length === 0 || !incoming.complete) return undefined;
  const value = fromJson(Buffer.concat(chunks).toString());
  if (value === undefined) throw new AdminRefusal("expected JSON", { code: "LG704" });
  return value;
}

const JSON_TYPE = "application/json";

function end(
  response: ServerResponse,
  status: number,
  { type, text }: { readonly type: string; readonly text: string },
): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": type, ...SAFE }).end(text);
}

/** What is told of a gateway now is kept by nobody, and taken for nothing else than it says. */
const SAFE = { "cache-control": "no-store", "x-content-type-options": "nosniff" } as const;
