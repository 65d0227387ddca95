/** Who did what: a line of the log for each write, execute, create and delete of one server, done, refused or failed. */
import { type Clock, MINUTE } from "../clock.ts";
import { CODE, formatCode } from "../coap/codes.ts";
import type { LogFields, Logger } from "../log.ts";
import type { TypeOf } from "../lwm2m/formats/codec.ts";
import type { Operation } from "../lwm2m/operation.ts";
import { makePath, type Path, prefixOf } from "../lwm2m/path.ts";
import { isObjectLink, type Value } from "../lwm2m/sample.ts";
import type { Act } from "../lwm2m/tree.ts";
import { SparseMap } from "../sparse-map.ts";
import { byPrefix } from "./composite.ts";

/** What a server asks for, in the paths that it sees. */
export interface Deed {
  readonly act: Act;
  /** "/" where the values say what is meant. */
  readonly path: Path;
  /** Without value: what stands there is removed. Empty where nobody could read them. */
  readonly changes: readonly Change[];
  readonly args?: string;
}

export interface Change {
  readonly path: Path;
  readonly value?: Value;
}

export interface Answer {
  readonly code: number;
  /** Why it was not done. */
  readonly reason?: string;
}

/** Undefined where the operation changes nothing that anybody drives by. */
export function deedOf(operation: Operation): Deed | undefined {
  switch (operation.type) {
    case "write":
    case "create":
    case "delete":
      return { act: operation.type, path: operation.path, changes: [] };
    case "execute":
      return { act: operation.type, path: operation.path, changes: [], args: operation.args };
    case "writeComposite":
      return { act: "write", path: ROOT, changes: [] };
    case "read":
    case "observe":
    case "cancelObservation":
    case "readComposite":
    case "observeComposite":
    case "cancelObservationComposite":
    case "discover":
    case "writeAttributes":
      return undefined;
  }
}

export interface AuditOptions {
  readonly log: Logger;
  readonly clock: Clock;
  /** The own path of a shown one; undefined: there is no single one. */
  readonly own: (shown: Path) => Path | undefined;
  /** Of shown paths. */
  readonly typeOf: TypeOf;
}

/** Lines in a minute, of one cause and of all: a server that has gone mad is told about, and fills no disk. */
const LINES_OF_CAUSE = 30;
const LINES_OF_ALL = 300;
const MOST_CAUSES = 200;
/** What one line shows. */
const MOST_VALUES = 20;
const LONGEST_TEXT = 100;

interface Cause {
  lines: number;
  /** Not written. */
  more: number;
  readonly fields: LogFields;
}

export class Audit {
  private readonly options: AuditOptions;
  private readonly causes = new SparseMap<string, Cause>();
  private lines = 0;
  private disarm: (() => void) | undefined;

  constructor(options: AuditOptions) {
    this.options = options;
  }

  /** A Write-Composite is one line for each device. */
  tell(deed: Deed, answer: Answer): void {
    const { clock } = this.options;
    this.disarm ??= clock.at(clock.monotonic() + MINUTE, () => this.close());
    for (const share of this.shares(deed)) this.line(share, answer);
  }

  /** What was not written is told, as far as it is known by now. */
  stop(): void {
    this.disarm?.();
    this.close();
  }

  private line({ act, path, changes, args }: Deed, { code, reason }: Answer): void {
    const outcome = outcomeOf(code);
    const about = { operation: act, path, outcome, code: formatCode(code) };
    const cause = this.cause(`${act} ${outcome === "done" ? path : prefixOf(path)} ${about.code}`, about);
    if (cause.lines >= LINES_OF_CAUSE || this.lines >= LINES_OF_ALL) {
      cause.more++;
      return;
    }
    cause.lines++;
    this.lines++;
    const fields = {
      ...about,
      ...this.valuesOf(path, changes),
      ...(args === undefined || args === "" ? {} : { arguments: shortened(args) }),
      ...(reason === undefined ? {} : { reason: shortened(reason, 2 * LONGEST_TEXT) }),
    };
    this.options.log.info(fields, "audit");
  }

  private cause(key: string, fields: LogFields): Cause {
    const known = this.causes.get(key);
    if (known !== undefined) return known;
    // A server that is mad in many ways is told of in one.
    const name = this.causes.size < MOST_CAUSES ? key : "";
    const cause = this.causes.get(name) ?? { lines: 0, more: 0, fields: name === "" ? {} : fields };
    this.causes.set(name, cause);
    return cause;
  }

  /** The minute is over. */
  private close(): void {
    this.disarm = undefined;
    for (const { more, fields } of this.causes.values()) {
      if (more > 0)
        this.options.log.info({ ...fields, more }, "audit: as many more in this minute, which are counted only");
    }
    this.causes.clear();
    this.lines = 0;
  }

  /** In own paths, by device. */
  private shares(deed: Deed): readonly Deed[] {
    const changes = deed.changes.map((change) => ({ ...change, path: this.own(change.path), shown: change.path }));
    if (deed.path !== ROOT) return [{ ...deed, path: this.own(deed.path), changes: this.readable(changes) }];
    if (changes.length === 0) return [deed];
    return [...byPrefix(changes, ({ path }) => path)].map(([prefix, own]) => ({
      ...deed,
      path: makePath({ prefix }),
      changes: this.readable(own),
    }));
  }

  private readable(changes: readonly (Change & { readonly shown: Path })[]): readonly Change[] {
    return changes.map(({ path, shown, value }): Change => {
      if (value === undefined) return { path };
      const name = this.options.typeOf(shown)?.name ?? "";
      return { path, value: SECRET.test(name) ? HIDDEN : legible(value) };
    });
  }

  private own(shown: Path): Path {
    return this.options.own(shown) ?? shown;
  }

  private valuesOf(path: Path, changes: readonly Change[]): LogFields {
    const [first] = changes;
    if (first === undefined) return {};
    if (changes.length === 1 && first.path === path && first.value !== undefined) return { value: first.value };
    const shown = changes.slice(0, MOST_VALUES).map(({ path, value = "removed" }) => [path, value]);
    const hidden = changes.length - shown.length;
    return { values: Object.fromEntries(shown), ...(hidden === 0 ? {} : { moreValues: hidden }) };
  }
}

const ROOT = makePath({ prefix: "" });
/** By the names of resources: what nobody should find in a log. */
const SECRET = /pass(?:word|phrase)|secret|credential|token|\b(?:pin|key)\b/i;
const HIDDEN = "[hidden]";

function outcomeOf(code: number): "done" | "refused" | "failed" {
  if (code < CODE.badRequest) return "done";
  return code < CODE.internalServerError ? "refused" : "failed";
}

/** Of bytes their number: they may be anything, a key too. */
function legible(value: Value): Value {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (isObjectLink(value)) return `${value.object}:${value.instance}`;
  return typeof value === "string" || typeof value === "bigint" ? shortened(String(value)) : value;
}

function shortened(text: string, longest = LONGEST_TEXT): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
