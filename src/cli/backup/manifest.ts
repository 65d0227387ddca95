/** What a backup says of itself, and where its parts lie in it. docs/operations.md tells both. */
import { z } from "zod";
import { ArchiveError } from "../../archive/archive-error.ts";
import type { ZipReader } from "../../archive/zip-reader.ts";
import { FailureError } from "../command.ts";

/** Of the layout below; a later one is another program's. */
export const FORMAT = 1;

export const MANIFEST = "manifest.json";
/** Files of the folder of config.yaml. */
export const CONFIGURATION = "configuration/";
/** Files that the configuration names with a whole path, by that path. */
export const ELSEWHERE = "elsewhere/";
/** What systemd or the environment gave, by the name of the secret. */
export const CREDENTIALS = "credentials/";
export const STATE = "state/";
/** Another zip file with such folders, under a passphrase. */
export const LOCKED = "secrets.locked";

const MOST_MANIFEST = 16 * 2 ** 20;

const manifestSchema = z.object({
  format: z.literal(FORMAT),
  program: z.string(),
  version: z.string(),
  made: z.iso.datetime(),
  endpoint: z.string(),
  /** What is made of the machine's id; null: it had none. */
  machine: z.string().nullable(),
  /** Where config.yaml lay, and what it was called. */
  directory: z.string(),
  configuration: z.string().regex(/^[^/]+$/),
  /** `none`: the configuration has no secrets. */
  secrets: z.enum(["locked", "left-out", "none"]),
  contents: z.array(
    z.object({ name: z.string(), bytes: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});

type Parsed = z.output<typeof manifestSchema>;
export type Content = Readonly<Parsed["contents"][number]>;
export type Manifest = Readonly<Omit<Parsed, "contents">> & { readonly contents: readonly Content[] };

/** Rejects with FailureError where it is of a later version, with ArchiveError where it is none. */
export async function readManifest(zip: ZipReader): Promise<Manifest> {
  const text = Buffer.from(await zip.bytes(MANIFEST, MOST_MANIFEST)).toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ArchiveError(`${MANIFEST} is damaged`, { cause: error });
  }
  const format = Number(Object(value).format);
  if (format > FORMAT) {
    const message = `the backup has format ${format}, and this version knows ${FORMAT}: restore it with the version that made it`;
    throw new FailureError(message, { code: "LG614" });
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw new ArchiveError(`${MANIFEST} is not as we write it`, { cause: parsed.error });
  return parsed.data;
}
