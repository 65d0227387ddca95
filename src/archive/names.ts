/** What files in an archive may be called: a path below the folder into which they are unpacked, never out of it. */

const LONGEST = 512;

/** Why that is no name for a file in an archive, as a sentence; undefined: it may be one. */
export function nameFault(name: string): string | undefined {
  if (name === "") return "a file without a name";
  const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
  if (Buffer.byteLength(name) > LONGEST) return `the name ${shown} is longer than ${LONGEST} bytes`;
  if (/[\p{Cc}\\]/u.test(name)) return `the name ${shown} has a backslash or a control character`;
  const wrong = name.split("/").find((segment) => segment === "" || segment === "." || segment === "..");
  return wrong === undefined ? undefined : `the name ${shown} would lead out of its folder`;
}
