/** What a person does to the objects of the gateway and of its devices. */
import { AdminRefusal, type RefusalOptions } from "../../admin/errors.ts";
import { EventQueue, onceGone } from "../../admin/event-queue.ts";
import { type ApiRequest, type Route, Stream } from "../../admin/route.ts";
import { CODE, formatCode } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import type { Operator, ShownValue } from "../../gateway/operator/operator.ts";
import { type Path, prefixOf } from "../../lwm2m/path.ts";
import { depthOf, parseExecute, parseWrite, pathsOf } from "./operator-requests.ts";

/** The answer to GET /v1/read. */
export interface ReadAnswer {
  readonly values: readonly ShownValue[];
  /** The paths of which nothing could be read, while others could. */
  readonly errors: readonly PathError[];
}

export interface PathError {
  readonly path: string;
  readonly error: string;
  readonly code: string | undefined;
  readonly response: string | undefined;
}

export function operatorRoutes({ operator, happenings }: Gateway): readonly Route[] {
  return [
    route("GET", "/v1/read", ({ query }) => read(operator, pathsOf(query))),
    {
      ...route("POST", "/v1/write", async ({ body }) => ({ written: await operator.write(parseWrite(body)) })),
      writes: true,
      about: ({ body }) => ({ paths: writtenPaths(body) }),
    },
    {
      ...route("POST", "/v1/execute", async ({ body }) => {
        const { path, args } = parseExecute(body);
        await operator.execute(path, args);
        return { executed: path };
      }),
      writes: true,
      about: ({ body }) => ({ path: parseExecute(body).path }),
    },
    route("GET", "/v1/discover", ({ query }) => ({
      links: pathsOf(query).flatMap((path) => operator.discover(path, depthOf(query.get("depth")))),
    })),
    route("GET", "/v1/observe", ({ query, signal }) => {
      const paths = pathsOf(query);
      const prefixes = new Set(paths.map(prefixOf));
      const queue = new EventQueue(signal);
      const stops = [
        operator.observe(paths, (values) => {
          for (const value of values) queue.push({ event: "value", data: value });
        }),
        happenings.watch({
          onDevice: ({ plan: { id }, prefix }, state) => {
            if (prefixes.has(prefix)) queue.push({ event: "device", data: { device: id, prefix, state } });
          },
        }),
      ];
      for (const stop of stops) onceGone(signal, stop);
      return new Stream(queue);
    }),
  ];
}

/** What a server would be refused is refused here, by the same words. */
function route(method: Route["method"], path: string, work: (request: ApiRequest) => unknown): Route {
  return {
    method,
    path,
    answer: (request) => sayingWhy(() => work(request)),
  };
}

/** What the work gives; where it throws Lwm2mError, rejects with AdminRefusal. */
export async function sayingWhy(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Lwm2mError ? refusalOf(error) : error;
  }
}

async function read(operator: Operator, paths: readonly Path[]): Promise<ReadAnswer> {
  const { values, failures } = await operator.read(paths);
  return {
    values,
    errors: failures.map(({ path, error }) => {
      const { message, code, response } = refusalOf(error);
      return { path, error: message, code, response };
    }),
  };
}

function writtenPaths(body: unknown): readonly Path[] {
  const wish = parseWrite(body);
  return wish.type === "value" ? [wish.path] : wish.values.map(({ path }) => path).slice(0, MOST_TOLD);
}

const MOST_TOLD = 20;

export function refusalOf(error: Lwm2mError): AdminRefusal {
  return new AdminRefusal(error.message, { cause: error, response: formatCode(error.code), ...kindOf(error.code) });
}

function kindOf(code: number): Pick<RefusalOptions, "status" | "code" | "next"> {
  if (code === CODE.notFound) return { status: 404, code: "LG710", next: "lwm2m-gateway status --values" };
  if (code === CODE.methodNotAllowed || code === CODE.unauthorized) return { code: "LG711" };
  return code >= CODE.internalServerError ? { status: 502, code: "LG713" } : { code: "LG712" };
}
