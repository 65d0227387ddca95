/** What an image is, in a file beside it. */
import { open, readFile, rename } from "node:fs/promises";

export interface ImageDescription {
  readonly size: number;
  readonly sha256: Uint8Array;
  readonly name?: string;
  readonly version?: string;
}

/** Undefined where it is none. Rejects with the system's error. */
export async function readDescription(file: string): Promise<ImageDescription | undefined> {
  const text = await readFile(file, "utf8");
  try {
    return described(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** On the disk when it resolves, complete or not there at all. */
export async function writeDescription(file: string, { sha256, ...told }: ImageDescription): Promise<void> {
  const draft = draftOf(file);
  const handle = await open(draft, "w", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify({ ...told, sha256: Buffer.from(sha256).toString("hex") })}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}

export function draftOf(file: string): string {
  return `${file}.draft`;
}

function described(json: unknown): ImageDescription | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { size, sha256, name, version }: Readonly<Partial<Record<keyof ImageDescription, unknown>>> = json;
  if (typeof size !== "number" || typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  return {
    size,
    sha256: Buffer.from(sha256, "hex"),
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof version === "string" ? { version } : {}),
  };
}
