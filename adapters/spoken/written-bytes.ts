/** Bytes as somebody wrote them down for a vector of a mapping: "hex 02 10 03"; undefined where it does not begin like that. */
export function writtenBytes(text: string): Buffer | undefined {
  const [, digits] = /^hex\s+((?:[\da-f]{2}\s*)+)$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Buffer.from(digits.replace(/\s/g, ""), "hex");
}
