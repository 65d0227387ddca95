/** What a server wrote to its account, as text that outlives the process; the configuration goes before it where it changed. */
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import { makePath, type Path } from "../lwm2m/path.ts";
import type { Value } from "../lwm2m/sample.ts";
import { fitsDefinition } from "../lwm2m/value-check.ts";
import { accountOf, type ServerAccount } from "./account.ts";
import { BINDING, FIELDS, type Field, SUPPORTED_VERSIONS, setVersion } from "./server-resources.ts";

/** Of one resource: what was written, and what the configuration said then; null: nothing. */
type Entry = readonly [written: unknown, configured: unknown];

/**
 * JSON: by resource what is written there and what was configured then, e.g. `{"1":[60,300]}`, null where nothing is; of 7 whether
 * queue mode is on, of 25 a list of instances. Undefined where all is as configured.
 */
export function writtenOf(account: ServerAccount): string | undefined {
  const base = accountOf(account.configured, account.instance);
  const written: Record<number, Entry> = {};
  for (const [id, { get }] of writable()) {
    const [now, before] = [get(account) ?? null, get(base) ?? null];
    if (now !== before) written[id] = [now, before];
  }
  if (account.supportedVersions.size > 0) written[SUPPORTED_VERSIONS] = [[...account.supportedVersions], null];
  return Object.keys(written).length === 0 ? undefined : JSON.stringify(written);
}

/**
 * Takes over what `writtenOf` gave, without resources that are configured in another way by now. Throws SyntaxError, RangeError or
 * Lwm2mError where the text is something else; then nothing is changed.
 */
export function restoreWritten(account: ServerAccount, text: string, definition: ObjectDefinition): void {
  const entries: unknown = JSON.parse(text);
  if (typeof entries !== "object" || entries === null) throw new RangeError("what was written is no object");
  const copy = { ...account, retry: { ...account.retry } };
  const fields = writable();
  for (const [name, entry] of Object.entries(entries)) {
    const id = Number(name);
    const path = makePath({ prefix: "", object: 1, instance: account.instance, resource: id });
    const [written, configured] = entryOf(entry, path);
    const field = fields.get(id);
    if (id === SUPPORTED_VERSIONS) restoreVersions(copy, written, path);
    else if (field === undefined) throw new RangeError(`${path} is not to be written`);
    else if ((field.get(account) ?? null) !== configured) continue;
    else if (written === null) field.unset?.(copy);
    else field.set?.(copy, writtenValue(written, id, definition), path);
  }
  Object.assign(account.retry, copy.retry);
  Object.assign(account, { ...copy, retry: account.retry });
}

/** By resource; the binding of 1.0 has queue mode in it, whatever the version. */
function writable(): ReadonlyMap<number, Field> {
  const fields = new Map([...FIELDS].filter(([, { set }]) => set !== undefined));
  return fields.set(BINDING, QUEUE_MODE);
}

const QUEUE_MODE: Field = {
  get: ({ queueMode }) => queueMode,
  set: (account, value) => {
    account.queueMode = value === true;
  },
};

function entryOf(entry: unknown, path: Path): Entry {
  if (!Array.isArray(entry) || entry.length !== 2)
    throw new RangeError(`${path}: expected what was written and configured`);
  const [written, configured]: readonly unknown[] = entry;
  return [written, configured];
}

function writtenValue(written: unknown, id: number, definition: ObjectDefinition): Value {
  const resource = definition.resources.get(id);
  const plain = typeof written === "string" || typeof written === "number" || typeof written === "boolean";
  const fits =
    plain &&
    (id === BINDING ? typeof written === "boolean" : resource !== undefined && fitsDefinition(written, resource));
  if (!plain || !fits) throw new RangeError(`resource ${id} holds nothing like ${JSON.stringify(written)}`);
  return written;
}

function restoreVersions(account: ServerAccount, written: unknown, path: Path): void {
  if (!Array.isArray(written)) throw new RangeError(`${path}: expected a list of versions`);
  for (const entry of written) {
    const [instance, version]: readonly unknown[] = Array.isArray(entry) ? entry : [];
    const known = typeof instance === "number" && Number.isInteger(instance) && instance >= 0 && instance < 65535;
    if (!known || typeof version !== "string") throw new RangeError(`${path}: expected versions with their instances`);
    setVersion(account, { path, instance }, version);
  }
}
