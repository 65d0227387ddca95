const UNITS = ["B", "kB", "MB", "GB"];
const EVERY = 32 * 2 ** 20;

/** "1.4 MB" */
export function sizeText(bytes: number): string {
  let [size, unit] = [bytes, 0];
  for (; size >= 1000 && unit < UNITS.length - 1; unit++) size /= 1000;
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}

/** Says on a terminal how far it is, where that takes long. */
export function transferred(what: string): (bytes: number) => void {
  let [total, told] = [0, 0];
  return (bytes) => {
    total += bytes;
    if (!process.stderr.isTTY || total - told < EVERY) return;
    told = total;
    process.stderr.write(`\r${what} ${sizeText(total)} `);
  };
}
