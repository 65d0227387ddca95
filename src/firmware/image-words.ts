/** What an image says of itself, or what was told of it. */
import type { StoredImage } from "./images.ts";

/** With the version that its header says. */
export function named(image: StoredImage, version: string | undefined): StoredImage {
  if (version === undefined || version === image.version) return image;
  const { file, size, sha256, name } = image;
  const read = (offset: number, length: number): Promise<Uint8Array> => image.read(offset, length);
  return { file, size, sha256, version, read, ...(name === undefined ? {} : { name }) };
}

/** For object 5. */
export function said(
  image: StoredImage,
  version: string | undefined,
): { readonly name?: string; readonly version?: string } {
  const { name } = image;
  return { ...(name === undefined ? {} : { name }), ...(version === undefined ? {} : { version }) };
}
