/** One GET, and whither its server sends us: RFC 9110 §15.4. */
import type { IncomingMessage, RequestOptions } from "node:http";
import { type Clock, type Millis, SECOND } from "../../clock.ts";
import { reasonOf, systemCode } from "../../errors.ts";
import { http, loadHttps, loadTls } from "../../node-http.ts";
import { BrokenOff } from "./until-there.ts";
import { invalid } from "./uri.ts";

export interface HttpTrust {
  /** PEM: whom to believe beside those that the system believes. */
  readonly ca?: string | undefined;
}

export interface Asking extends HttpTrust {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

type Headers = Readonly<Record<string, string>>;

const MOST_REDIRECTS = 5;
/** For the connection, TLS and the header of the answer together. */
const LONGEST_SILENCE: Millis = 60 * SECOND;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** The answer that is none of another place, its body not read. Rejects with BrokenOff or DownloadError. */
export async function answerTo(url: URL, headers: Headers, asking: Asking): Promise<IncomingMessage> {
  let at = url;
  for (let redirects = 0; ; redirects++) {
    const answer = await asked(at, headers, asking);
    const { statusCode = 0, headers: told } = answer;
    if (!REDIRECTS.includes(statusCode)) return answer;
    answer.destroy();
    if (redirects === MOST_REDIRECTS) throw invalid(`the server sends us elsewhere more than ${MOST_REDIRECTS} times`);
    at = elsewhere(at, told.location);
  }
}

/** Throws DownloadError. */
function elsewhere(from: URL, location: string | undefined): URL {
  if (location === undefined || !URL.canParse(location, from.href))
    throw invalid("the server sends us elsewhere, and does not say where");
  const to = new URL(location, from.href);
  if (to.protocol !== "http:" && to.protocol !== "https:")
    throw invalid(`the server sends us to ${to.protocol}, which is not HTTP`);
  if (from.protocol === "https:" && to.protocol === "http:")
    throw invalid("the server sends us from https to http, which anybody can change");
  return to;
}

function asked(url: URL, headers: Headers, { clock, signal, ca }: Asking): Promise<IncomingMessage> {
  const secure = url.protocol === "https:";
  const options: RequestOptions = {
    headers: { accept: "*/*", "accept-encoding": "identity", "user-agent": "lwm2m-gateway", ...headers },
    agent: false,
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = secure
      ? loadHttps().request(url, { ...options, ca: trusted(ca), minVersion: "TLSv1.2" })
      : http.request(url, options);
    const cancel = clock.at(clock.monotonic() + LONGEST_SILENCE, () => {
      request.destroy(new BrokenOff(`no answer came within ${LONGEST_SILENCE / SECOND} s`));
    });
    request.once("response", (answer) => {
      cancel();
      resolve(answer);
    });
    request.on("error", (error) => {
      cancel();
      reject(error instanceof BrokenOff ? error : brokenBy(error, url));
    });
    request.end();
  });
}

/** Of the program, of the machine, and of the configuration. */
function trusted(ca: string | undefined): string[] {
  known ??= [...new Set([...loadTls().getCACertificates("default"), ...loadTls().getCACertificates("system")])];
  return ca === undefined ? known : [...known, ca];
}

/** Read once a process, and only where it is needed. */
let known: string[] | undefined;

function brokenBy(error: Error, { hostname }: URL): Error {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = systemCode(error) ?? systemCode(first);
  if (code === undefined) return error;
  const meaning = MEANINGS[code] ?? reasonOf(first);
  return new BrokenOff(`no file from ${hostname}: ${meaning}`, { refused: !NOBODY.includes(code), cause: error });
}

const UNKNOWN = "its certificate is of nobody who is believed here; gateway.firmware.ca names whom to believe besides";

const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there",
  ENOTFOUND: "the name has no address",
  EAI_AGAIN: "no name server answers",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no way to that network",
  ETIMEDOUT: "no answer from there",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet, by the clock here",
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN,
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
};

/** The way there, or the time, may come back; and nobody has said no. */
const NOBODY: readonly string[] = [
  ...["EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "ECONNRESET", "EPIPE"],
  "CERT_NOT_YET_VALID",
];
