import assert from "node:assert/strict";
import { type Lifetime, type RunningProcess, start } from "../../support/process.ts";
import { EventStream } from "./event-stream.ts";
import type { JavaProgram } from "./installation.ts";
import { type LeshanSecurity, securityFile } from "./leshan-security.ts";
import {
  type Answer,
  type LeshanNode,
  type LeshanValue,
  type NoAnswer,
  type Registration,
  valuesOf,
} from "./messages.ts";
import { modelFolder } from "./object-models.ts";

export type Format = "TLV" | "SENML_JSON" | "SENML_CBOR" | "TEXT" | "OPAQUE" | "CBOR" | "JSON";

export const CONTENT_FORMATS: Readonly<Record<Format, number>> = {
  TEXT: 0,
  OPAQUE: 42,
  CBOR: 60,
  SENML_JSON: 110,
  SENML_CBOR: 112,
  TLV: 11542,
  JSON: 11543,
};

/** A Leshan server on loopback, and its HTTP API for one of its clients. */
export class LeshanServer {
  readonly coapPort: number;
  /** Where it has credentials. */
  readonly coapsPort: number | undefined;
  readonly events: EventStream;
  private readonly program: RunningProcess;
  private readonly ready: Ready;
  private readonly endpoint: string;

  private constructor(program: RunningProcess, ready: Ready, endpoint: string, events: EventStream) {
    this.program = program;
    this.ready = ready;
    this.coapPort = ready.coap;
    this.coapsPort = ready.coaps;
    this.events = events;
    this.endpoint = endpoint;
  }

  static async start(
    owner: Lifetime,
    java: JavaProgram,
    endpoint: string,
    security?: LeshanSecurity,
  ): Promise<LeshanServer> {
    const credentials = security === undefined ? [] : [securityFile(owner, security)];
    const program = start(owner, "java", [...java, "0", "0", modelFolder(owner), ...credentials]);
    const [line] = await program.printed(/^\{.*\}$/m);
    const ready: Ready = JSON.parse(line);
    const events = new EventStream();
    await events.open(`http://127.0.0.1:${ready.http}/api/event`);
    owner.after(() => events.close());
    return new LeshanServer(program, ready, endpoint, events);
  }

  /** As when the machine loses its power: no farewell, nothing kept. */
  async kill(): Promise<void> {
    this.program.child.kill("SIGKILL");
    await this.program.outcome;
    await this.events.close();
  }

  /** The same server, asked about another of its clients. */
  of(endpoint: string): LeshanServer {
    return new LeshanServer(this.program, this.ready, endpoint, this.events);
  }

  /** The endpoint names of all its clients, in alphabetical order. */
  async clients(): Promise<readonly string[]> {
    const response = await fetch(this.api);
    const all = (await response.json()) as readonly Registration[];
    return all.map(({ endpoint }) => endpoint).sort();
  }

  async registration(): Promise<Registration> {
    return (await this.call("GET", "")) as Registration;
  }

  read(path: string, format?: Format | number): Promise<Answer> {
    return this.operate("GET", path, format === undefined ? "" : `format=${format}`);
  }

  /** Reads, checks that the answer has the format that was asked for, and returns its values by path. */
  async values(path: string, format: Format): Promise<Readonly<Record<string, LeshanValue>>> {
    const { status, errormessage, content, coap } = await this.read(path, format);
    assert.equal(status, "CONTENT(205)", errormessage);
    assert.equal(coap.contentFormat, CONTENT_FORMATS[format]);
    return valuesOf(content, path);
  }

  discover(path: string): Promise<Answer> {
    return this.operate("GET", `${path}/discover`);
  }

  write(path: string, node: LeshanNode, format: Format, mode: "replace" | "update" = "replace"): Promise<Answer> {
    const query = `format=${format}&replace=${mode === "replace"}`;
    return this.operate("PUT", path, query, JSON.stringify(node));
  }

  /** `query`: e.g. `pmin=1&pmax=10`; an attribute without value is taken away. */
  writeAttributes(path: string, query: string): Promise<Answer> {
    return this.operate("PUT", `${path}/attributes`, query);
  }

  execute(path: string, args = ""): Promise<Answer> {
    return this.operate("POST", path, "", args);
  }

  create(path: string, node: LeshanNode, format: Format): Promise<Answer> {
    return this.operate("POST", path, `format=${format}`, JSON.stringify(node));
  }

  delete(path: string): Promise<Answer> {
    return this.operate("DELETE", path);
  }

  observe(path: string, format: Format): Promise<Answer> {
    return this.operate("POST", `${path}/observe`, `format=${format}`);
  }

  /** Observe=1 with the token of the observation. */
  cancelActively(path: string): Promise<Answer> {
    return this.operate("DELETE", `${path}/observe`, "active");
  }

  /** Leshan forgets it: the next notification is answered with RST. Returns how many it had. */
  async cancelPassively(path: string): Promise<number> {
    const { cancelled } = (await this.call("DELETE", `${path}/observe`)) as { readonly cancelled: number };
    return cancelled;
  }

  readComposite(paths: readonly string[], format: Format, pathFormat: Format = format): Promise<Answer> {
    return this.operate("GET", "/composite", compositeQuery(paths, format, pathFormat));
  }

  writeComposite(nodes: Readonly<Record<string, LeshanNode>>, format: Format): Promise<Answer> {
    return this.operate("PUT", "/composite", `nodeformat=${format}`, JSON.stringify(nodes));
  }

  observeComposite(paths: readonly string[], format: Format, pathFormat: Format = format): Promise<Answer> {
    return this.operate("POST", "/composite/observe", compositeQuery(paths, format, pathFormat));
  }

  cancelCompositeActively(paths: readonly string[]): Promise<Answer> {
    return this.operate("DELETE", "/composite/observe", `paths=${paths.join(",")}&active`);
  }

  async cancelCompositePassively(paths: readonly string[]): Promise<number> {
    const answer = await this.call("DELETE", "/composite/observe", `paths=${paths.join(",")}`);
    return (answer as { readonly cancelled: number }).cancelled;
  }

  private get api(): string {
    return `http://127.0.0.1:${this.ready.http}/api/clients`;
  }

  private async operate(method: string, path: string, query = "", body?: string): Promise<Answer> {
    const answer = (await this.call(method, path, query, body)) as Answer | NoAnswer;
    if ("error" in answer) throw new Error(`Leshan: ${method} ${path}: ${answer.error} (${answer.cause ?? ""})`);
    assert.ok(answer.valid, `Leshan takes ${answer.status} for no answer to ${method} ${path}`);
    return answer;
  }

  private async call(method: string, path: string, query = "", body?: string): Promise<unknown> {
    const url = `${this.api}/${this.endpoint}${path}${query === "" ? "" : `?${query}`}`;
    const response = await fetch(url, { method, ...(body === undefined ? {} : { body }) });
    return response.json();
  }
}

function compositeQuery(paths: readonly string[], format: Format, pathFormat: Format): string {
  return `paths=${paths.join(",")}&nodeformat=${format}&pathformat=${pathFormat}`;
}

interface Ready {
  readonly coap: number;
  readonly coaps?: number;
  readonly http: number;
}
