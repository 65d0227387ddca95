import type { Progress } from "../progress.ts";

const UNITS = ["B", "kB", "MB", "GB"];

/** "1.4 MB" */
export function sizeText(bytes: number): string {
  let [size, unit] = [bytes, 0];
  for (; size >= 1000 && unit < UNITS.length - 1; unit++) size /= 1000;
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}

/** "packed 33.6 MB of 1.4 GB", as bytes come. */
export function transferred(what: string, all: number, progress: Progress): (bytes: number) => void {
  let done = 0;
  return (bytes) => {
    done += bytes;
    progress.show(() => `${what} ${sizeText(done)} of ${sizeText(all)}`);
  };
}
